import { readFileSync } from "node:fs";
import { type RecordingProvider, startRecordingProvider } from "../demo/recording-provider.ts";
import { activateConfigs, eventually, type Gateway } from "../test/support/gateway.ts";
import { bodyOf, load, pageView } from "./load.ts";
import { startMeasuredGateway } from "./servers.ts";
import type { Figure } from "./table.ts";

const batchSize = 100;
/** Stored before the dispatch is measured for the first time. */
const early = 10_000;
/** Takes events one by one, so that each is a request. */
const provider = "plausible";

/** How the gateway fares when much is stored: its rates of intake and of dispatch at 10,000 and at `total` events, and its memory then. */
export async function measureMillion(report: (figure: Figure) => void, total: number): Promise<void> {
  const { gateway, key, events } = await startMeasuredGateway();
  const recording = await startRecordingProvider();
  const dispatch = await openDispatch(gateway, key, recording, total > 500_000 ? 10_000 : 4_000);
  const common = { url: events, key, body: bodyOf(batchSize), connections: 8 };
  let stored = 0;
  const measure = async (seconds: number) => {
    const { perSecond } = await load({ ...common, seconds });
    stored += perSecond * batchSize * seconds;
    return perSecond * batchSize;
  };
  for (; stored < early; stored += batchSize) {
    await gateway.call("POST", "/analytics/events", { key, body: bodyOf(batchSize) });
  }
  const dispatchedEarly = await dispatch();
  report({ what: `f. posted, dispatched and recorded, ${early / 1000} thousand events stored`, value: dispatchedEarly, unit: "events/s" });
  await measure(1);
  const intakeEarly = await measure(3);
  report({ what: "f. batches of 100 at the start", value: intakeEarly, unit: "events/s" });
  while (stored < total) {
    await measure(5);
  }
  const late = await measure(3);
  const with_ = `${(stored / 1e6).toFixed(2)} million events stored`;
  const ratio = { to: "the start", value: late / intakeEarly };
  report({ what: `f. batches of 100 with ${with_}`, value: late, unit: "events/s", ratio, goal: { least: 0.9 } });
  const dispatched = await dispatch();
  const compared = { ratio: { to: `${early / 1000} thousand`, value: dispatched / dispatchedEarly }, goal: { least: 0.9 } };
  report({ what: `f. posted, dispatched and recorded, ${with_}`, value: dispatched, unit: "events/s", ...compared });
  report({ what: "f. resident memory then", value: residentMegabytes(gateway.pid), unit: "MB", goal: { most: 250 } });
  await gateway.stop();
  await recording.close();
}

/** A config that is paused but while it is measured how many events per second are taken, sent to it and recorded as delivered. */
async function openDispatch(gateway: Gateway, key: string, recording: RecordingProvider, count: number): Promise<() => Promise<number>> {
  const { [provider]: config } = await activateConfigs(gateway, key, recording.url, [provider], { force: true });
  const path = `/analytics/${provider}/configs/${config}`;
  const move = async (to: "pause" | "activate?force=true") => {
    const { status, text } = await gateway.call("POST", `${path}/${to}`, { key });
    if (status !== 200) {
      throw new Error(`not moved: ${text}`);
    }
  };
  const delivered = async () => (await gateway.call("GET", path, { key })).body.usage.events_delivered as number;
  await move("pause");
  return async () => {
    // What was posted before goes to nobody only if it is fanned out before.
    const last = await gateway.call("POST", "/analytics/events", { key, body: pageView(1) });
    const receipt = `/analytics/events/${last.body.results[0].id}`;
    await eventually(
      () => gateway.call("GET", receipt, { key }),
      ({ body }) => body.fanned_out === true,
      600_000,
    );
    await move("activate?force=true");
    const before = await delivered();
    const startedAt = performance.now();
    const post = async (batches: number) => {
      for (let at = 0; at < batches; at++) {
        await gateway.call("POST", "/analytics/events", { key, body: bodyOf(batchSize) });
      }
    };
    await Promise.all(Array.from({ length: 4 }, () => post(count / batchSize / 4)));
    while ((recording.totals[provider] ?? 0) < before + count) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await eventually(delivered, (now) => now >= before + count, 600_000);
    const seconds = (performance.now() - startedAt) / 1000;
    await move("pause");
    return count / seconds;
  };
}

/** Of a Linux process. */
function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}
