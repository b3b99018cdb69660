import { Agent, request as httpRequest } from "node:http";
import { systemClock } from "../shared/adapters/common/system-clock.ts";
import { createHttpClient } from "../shared/adapters/common/undici-http-client.ts";
import { openEmbedded } from "../shared/adapters/embedded/open-embedded.ts";
import { queueSettings } from "../shared/composition/queue-settings.ts";
import type { DeliverableEvent } from "../shared/events/event.ts";
import { containers } from "../shared/ports/containers.ts";
import type { ProviderDefinition, ProviderRequest } from "../shared/providers/definition.ts";
import { providers } from "../shared/providers/registry.ts";
import { openDirectDispatch } from "../test/support/direct-dispatch.ts";
import { silentLog } from "../test/support/embedded-store.ts";
import { exampleConfig } from "../test/support/example-config.ts";
import { exampleVault } from "../test/support/gateway-in-process.ts";
import { makeFolder } from "../test/support/make-folder.ts";
import { mixedEvents, visitors } from "./mixed-events.ts";
import { startServer } from "./servers.ts";
import type { Figure } from "./table.ts";

const waiting = 1000;
/** Events that one message holds at most. */
const messageMax = 50;
/** Messages of one queue in work at the same time, and requests of one message. */
const messagesAtOnce = 16;
const requestsAtOnce = 8;
const rounds = 3;

/** As few requests as a provider's limits allow for so many events mapped at once; others have no goal. */
const requestsMax: Readonly<Record<string, number>> = { posthog: 2, ga4: visitors + waiting / 25, umami: waiting / 100 };
/** What a config must say, and its server be able to do, for the fewest requests. */
const batching: Readonly<Record<string, object>> = { umami: { use_batch: true } };

/**
 * From the pending delivery to the recorded outcome (g), per provider: how many requests it takes, and how many events per second the
 * dispatcher sends, beside a bare client that posts the same requests to the same server, as many at once; the best of three rounds counts.
 */
export async function measureDispatch(report: (figure: Figure) => void, repeats: number): Promise<void> {
  const recording = await startServer("recording");
  for (const definition of providers) {
    await measureProvider(batchingDefinition(definition), recording.url, report, repeats);
  }
  await recording.stop();
}

async function measureProvider(definition: ProviderDefinition, recordingUrl: string, report: (figure: Figure) => void, repeats: number) {
  const { slug } = definition;
  const baseUrl = `${recordingUrl}/${slug}`;
  const folder = makeFolder();
  const embedded = openEmbedded(folder.path, containers, queueSettings, systemClock, silentLog);
  const http = createHttpClient({ allowPrivateTargets: true });
  const agent = new Agent({ keepAlive: true, maxSockets: messagesAtOnce * requestsAtOnce });
  const ports = { ...embedded, clock: systemClock, secrets: exampleVault, http, log: silentLog };
  const direct = await openDirectDispatch(ports, definition, baseUrl, batching[slug]);
  const config = await exampleConfig(definition, baseUrl, batching[slug]);
  const map = (events: readonly DeliverableEvent[]) => definition.toRequests(events, config, Date.now()).requests;
  const atOnce = map(mixedEvents(waiting)).length;
  const best = { bare: 0, ours: 0, requests: 0 };
  for (let round = 0; round < rounds; round++) {
    const messages = Array.from({ length: repeats }, () => mixedEvents(waiting)).flatMap((events) => inMessages(events));
    const events = messages.flat().length;
    const requests = messages.flatMap((message) => map(message));
    const bareMs = await timed(() => together(requests, messagesAtOnce * requestsAtOnce, (one) => post(one, agent)));
    best.bare = Math.max(best.bare, (events / bareMs) * 1000);
    const pending = await Promise.all(messages.map(direct.pending));
    const before = await requestsSeen(recordingUrl, slug);
    const oursMs = await timed(() => together(pending, messagesAtOnce, (message) => direct.dispatch(message, silentLog)));
    best.ours = Math.max(best.ours, (events / oursMs) * 1000);
    best.requests = ((await requestsSeen(recordingUrl, slug)) - before) / repeats;
  }
  const most = requestsMax[slug];
  const goal = most === undefined ? {} : { goal: { most } };
  report({ what: `g. ${slug}: requests for ${waiting} events mapped at once`, value: atOnce, unit: "requests", ...goal });
  report({ what: `g. ${slug}: requests for ${waiting} events in messages of ${messageMax}`, value: best.requests, unit: "requests" });
  report({ what: `g. ${slug}: bare client, the same requests`, value: best.bare, unit: "events/s" });
  const ratio = { to: "the bare client", value: best.ours / best.bare };
  report({ what: `g. ${slug}: dispatched and recorded`, value: best.ours, unit: "events/s", ratio });
  agent.destroy();
  await http.close();
  await embedded.close();
  folder.remove();
}

/** The definition as at a server that was found to take batches. */
const batchingDefinition = (definition: ProviderDefinition): ProviderDefinition => ({
  ...definition,
  toRequests: (events, config, sentAt) => definition.toRequests(events, { ...config, capabilities: { batch: true } }, sentAt),
});

const inMessages = (events: readonly DeliverableEvent[]): DeliverableEvent[][] =>
  Array.from({ length: Math.ceil(events.length / messageMax) }, (_, at) => events.slice(at * messageMax, (at + 1) * messageMax));

/** Does it for each, so many at the same time. */
async function together<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: Math.min(atOnce, items.length) }, async () => {
      for (const item of rest) {
        await act(item);
      }
    }),
  );
}

async function timed(act: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

/** Resolves when the answer has been read. */
const post = ({ method, url, headers, body }: ProviderRequest, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    const sending = httpRequest(url, { method, headers: { ...headers, "content-length": Buffer.byteLength(body) }, agent }, (answer) => {
      answer.resume();
      answer.once("end", resolve);
    });
    sending.once("error", reject);
    sending.end(body);
  });

async function requestsSeen(recordingUrl: string, slug: string): Promise<number> {
  await fetch(`${recordingUrl}/received`, { method: "DELETE" });
  const { requests } = (await fetch(`${recordingUrl}/received`).then((response) => response.json())) as {
    readonly requests: Readonly<Record<string, number>>;
  };
  return requests[slug] ?? 0;
}
