import { bodyOf, load, type Rate } from "./load.ts";
import { startMeasuredGateway, startServer } from "./servers.ts";
import type { Figure } from "./table.ts";

/** Connections and events per request. */
const cases = [
  { connections: 1, size: 1 },
  { connections: 32, size: 1, goal: { least: 0.5 } },
  { connections: 128, size: 1, goal: { least: 0.5 } },
  { connections: 8, size: 10 },
  { connections: 8, size: 100, goal: { least: 0.5 } },
];

/**
 * Bare HTTP (a), the composite limit (b) and the gateway (c), one after the other in each case so that a noisy moment of the machine
 * meets all three; the best of three rounds counts.
 */
export async function measureIntake(report: (figure: Figure) => void, seconds: number): Promise<void> {
  const [bare, composite, ours] = [await startServer("bare"), await startServer("composite"), await startMeasuredGateway()];
  for (const { connections, size, goal } of cases) {
    const body = bodyOf(size);
    const best: { a: number; b: number; c: number; p99: number } = { a: 0, b: 0, c: 0, p99: 0 };
    for (let round = 0; round < 3; round++) {
      const common = { connections, seconds, body };
      best.a = Math.max(best.a, eventsOf(await load({ ...common, url: bare.url }), size));
      best.b = Math.max(best.b, eventsOf(await load({ ...common, url: composite.url }), size));
      const rate = await load({ ...common, url: ours.events, key: ours.key });
      best.c = Math.max(best.c, eventsOf(rate, size));
      best.p99 = rate.p99;
    }
    const name = `${size === 1 ? "single events" : `batches of ${size}`}, ${connections} connection${connections === 1 ? "" : "s"}`;
    report({ what: `a. bare HTTP: ${name}`, value: best.a, unit: "events/s" });
    report({ what: `b. composite limit: ${name}`, value: best.b, unit: "events/s", ratio: { to: "a", value: best.b / best.a } });
    report({
      what: `c. gateway: ${name} (answer p99 ${best.p99} ms)`,
      value: best.c,
      unit: "events/s",
      ratio: { to: "b", value: best.c / best.b },
      ...(goal === undefined ? {} : { goal }),
    });
  }
  await Promise.all([bare.stop(), composite.stop(), ours.gateway.stop()]);
}

const eventsOf = (rate: Rate, size: number): number => rate.perSecond * size;
