import { Agent } from "undici";
import { type RecordingProvider, startRecordingProvider } from "../demo/recording-provider.ts";
import { consentFree } from "../test/support/consent-free.ts";
import { activateConfigs } from "../test/support/gateway.ts";
import { bodyOf, pageView } from "./load.ts";
import { startMeasuredGateway } from "./servers.ts";
import type { Figure } from "./table.ts";

/**
 * From the client to the provider's socket (e), per provider: how many are accepted and delivered per second at most, and how
 * long an event takes from the answered request to the provider when half of that comes in.
 */
export async function measureEndToEnd(report: (figure: Figure) => void, seconds: number): Promise<void> {
  for (const { slug } of consentFree) {
    const recording = await startRecordingProvider();
    const { gateway, key, events } = await startMeasuredGateway();
    await activateConfigs(gateway, key, recording.url, [slug]);
    const agent = new Agent({ connections: 32 });
    const post = async (body: string) => {
      const response = await agent.request({
        origin: gateway.url,
        path: new URL(events).pathname,
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body,
      });
      await response.body.dump();
      if (response.statusCode !== 202) {
        throw new Error(`refused with ${response.statusCode}`);
      }
    };
    const perSecond = await throughput(post, () => recording.totals[slug] ?? 0, seconds);
    report({ what: `e. end to end to ${slug}: accepted and delivered`, value: perSecond, unit: "events/s" });
    const delays = await delaysAt(perSecond / 2, post, recording.onReceived, seconds);
    report({
      what: `e. end to end to ${slug}: accept → provider p50 at half load`,
      value: at(delays, 0.5),
      unit: "ms",
      goal: { most: 50 },
    });
    report({ what: `e. end to end to ${slug}: accept → provider p99 at half load`, value: at(delays, 0.99), unit: "ms" });
    await agent.close();
    await gateway.stop();
    await recording.close();
  }
}

const batchSize = 100;

/** Events per second from the first post until the last has arrived, posted as fast as they are accepted. */
async function throughput(post: (body: string) => Promise<void>, received: () => number, seconds: number): Promise<number> {
  const body = bodyOf(batchSize);
  const startedAt = performance.now();
  let posted = 0;
  const postOn = async () => {
    while (performance.now() - startedAt < seconds * 1000) {
      await post(body);
      posted += batchSize;
    }
  };
  await Promise.all(Array.from({ length: 4 }, postOn));
  while (received() < posted) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return (posted / (performance.now() - startedAt)) * 1000;
}

/** Posts single events at an even rate; milliseconds from each 202 to its arrival at the provider. */
async function delaysAt(
  perSecond: number,
  post: (body: string) => Promise<void>,
  onReceived: RecordingProvider["onReceived"],
  seconds: number,
): Promise<number[]> {
  const acceptedAt = new Map<string, number>();
  const arrivedAt = new Map<string, number>();
  onReceived(({ name }) => void arrivedAt.set(name, performance.now()));
  const total = Math.floor(perSecond * seconds);
  const startedAt = performance.now();
  const running = new Set<Promise<void>>();
  for (let sent = 0; sent < total; ) {
    for (; sent < Math.min(total, ((performance.now() - startedAt) / 1000) * perSecond); sent++) {
      const name = `measured-${sent}`;
      const done = post(JSON.stringify({ ...pageView(sent), event_name: name })).then(() => void acceptedAt.set(name, performance.now()));
      running.add(done.finally(() => running.delete(done)));
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(running);
  while (arrivedAt.size < total) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return [...acceptedAt].map(([name, at]) => Math.max(0, arrivedAt.get(name)! - at)).sort((a, b) => a - b);
}

const at = (sorted: readonly number[], part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
