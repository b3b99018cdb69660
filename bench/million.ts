import { readFileSync } from "node:fs";
import { bodyOf, load } from "./load.ts";
import { startMeasuredGateway } from "./servers.ts";
import type { Figure } from "./table.ts";

const batchSize = 100;

/** How the gateway fares when much is stored: its rate at 10,000 and at `total` events, and its memory then. */
export async function measureMillion(report: (figure: Figure) => void, total: number): Promise<void> {
  const { gateway, key, events } = await startMeasuredGateway();
  const common = { url: events, key, body: bodyOf(batchSize), connections: 8 };
  let stored = 0;
  const measure = async (seconds: number) => {
    const { perSecond } = await load({ ...common, seconds });
    stored += perSecond * batchSize * seconds;
    return perSecond * batchSize;
  };
  await measure(1);
  const early = await measure(3);
  report({ what: "f. batches of 100 at the start", value: early, unit: "events/s" });
  while (stored < total) {
    await measure(5);
  }
  const late = await measure(3);
  const what = `f. batches of 100 with ${(stored / 1e6).toFixed(2)} million events stored`;
  report({ what, value: late, unit: "events/s", ratio: { to: "the start", value: late / early }, goal: { least: 0.9 } });
  report({ what: "f. resident memory then", value: residentMegabytes(gateway.pid), unit: "MB", goal: { most: 250 } });
  await gateway.stop();
}

/** Of a Linux process. */
function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}
