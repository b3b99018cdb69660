import type { Config } from "../configs/config.ts";
import { areNewer, readSecrets } from "../configs/read-secrets.ts";
import type { DeliverableEvent } from "../events/event.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import type { ProviderDefinition, Verdict } from "../providers/definition.ts";
import { type Delivery, deliveryId } from "./delivery.ts";
import { lateness, suppressionAtSending } from "./disposition.ts";
import type { DispatchMessage } from "./messages.ts";
import { isDue, recordResults } from "./record-results.ts";
import { type AttemptResult, type Sent, sendRequests } from "./send-requests.ts";

type DispatchPorts = Pick<Ports, "store" | "outbox" | "secrets" | "http" | "clock">;

/**
 * Sends the events of one message to their config's provider and records the outcomes. Events that are settled already (a
 * redelivered message) are left alone. A crash between sending and recording sends again: at least once (spec 5.7).
 */
export const dispatchBatch =
  (ports: DispatchPorts, findProvider: (slug: string) => ProviderDefinition | undefined, random: () => number = Math.random) =>
  async (message: DispatchMessage, log: Log): Promise<void> => {
    const startedAt = ports.clock.now();
    const stored = await ports.store.get<Delivery>("deliveries", message.pk, deliveryId(message.batch_id, message.config_id));
    const due = message.events.filter((event) => stored !== undefined && isDue(stored.document, event.id, message.attempt));
    if (due.length === 0) {
      return;
    }
    const sent = await attempt(ports, findProvider, message, due);
    await recordResults(ports, message, sent.results, sent.bytes, random);
    log.info({
      event: "delivery_attempt",
      tenant_id: message.tenant_id,
      config_id: message.config_id,
      provider: message.provider,
      batch_id: message.batch_id,
      attempt: message.attempt,
      verdicts: tally(sent.results),
      bytes_sent: sent.bytes,
      duration_ms: ports.clock.now() - startedAt,
    });
  };

/**
 * Settles a message whose handling keeps failing on our side, instead of leaving it to the broker's dead-letter queue, where
 * visitors' addresses would stay.
 */
export const giveUpBatch =
  (ports: DispatchPorts) =>
  async (message: DispatchMessage): Promise<void> => {
    const verdict: Verdict = { verdict: "rejected", reason: "the gateway failed to handle the event" };
    await recordResults(ports, message, everyEvent(message.events, verdict), 0, () => 0);
  };

async function attempt(
  ports: DispatchPorts,
  findProvider: (slug: string) => ProviderDefinition | undefined,
  message: DispatchMessage,
  events: readonly DeliverableEvent[],
): Promise<Sent> {
  const config = (await ports.store.get<Config>("configs", message.tenant_id, message.config_id))?.document;
  const definition = findProvider(message.provider);
  if (config === undefined || definition === undefined) {
    return unsent(events, { verdict: "suppressed", reason: "config_inactive", detail: "the config or its provider is gone" });
  }
  const suppressed = suppressionAtSending(config, definition);
  if (suppressed !== undefined) {
    return unsent(events, { verdict: "suppressed", reason: suppressed, detail: `the config is ${config.status}` });
  }
  const { late, timely } = byLateness(events, config, ports.clock.now());
  const sent = timely.length === 0 ? { results: [], bytes: 0 } : await sendTimely(ports, definition, config, timely);
  return { ...sent, results: [...late, ...sent.results] };
}

/** Sends; what is refused for its credentials once more, if the vault has newer secrets than our cache (spec 5.1). */
async function sendTimely(
  ports: DispatchPorts,
  definition: ProviderDefinition,
  config: Config,
  events: readonly DeliverableEvent[],
): Promise<Sent> {
  const secrets = await secretsToSend(ports, config, definition);
  if (secrets === undefined) {
    const verdict = { verdict: "retry", reason: "a secret that the config refers to can't be read" } as const;
    return unsent(events, verdict, new Date(ports.clock.now()).toISOString());
  }
  const { settings, credentials, verification } = config;
  const capabilities = verification?.capabilities;
  const known = { settings, credentials, ...(capabilities === undefined ? {} : { capabilities }) };
  const send = (values: Readonly<Record<string, string>>, some: readonly DeliverableEvent[]) =>
    sendRequests(ports, definition, { ...known, secrets: values }, some);
  const first = await send(secrets, events);
  const refused = first.results.filter(({ attempt }) => attempt?.status === 401 || attempt?.status === 403);
  if (refused.length === 0 || Object.keys(secrets).length === 0) {
    return first;
  }
  const newer = await secretsToSend(ports, config, definition, { refresh: true });
  if (newer === undefined || !areNewer(newer, secrets)) {
    return first;
  }
  const second = await send(
    newer,
    refused.map(({ event }) => event),
  );
  const others = first.results.filter((result) => !refused.includes(result));
  return { results: [...others, ...second.results], bytes: first.bytes + second.bytes };
}

function byLateness(events: readonly DeliverableEvent[], config: Config, now: number) {
  const late: AttemptResult[] = [];
  const timely: DeliverableEvent[] = [];
  for (const event of events) {
    const reason = lateness(event, config, now);
    if (reason === undefined) {
      timely.push(event);
    } else {
      late.push({ event, verdict: { verdict: "expired", reason } });
    }
  }
  return { late, timely };
}

async function secretsToSend(
  ports: DispatchPorts,
  config: Config,
  definition: ProviderDefinition,
  options?: { refresh: boolean },
): Promise<Readonly<Record<string, string>> | undefined> {
  const optional = (definition.optionalSecretsToSend ?? []).filter((name) => config.credentials[name] !== undefined);
  const read = await readSecrets(ports, config, [...(definition.secretsToSend ?? []), ...optional], options);
  return "missing" in read ? undefined : read.values;
}

/** Every event settled alike without a request; with `at`, as an attempt that failed on our side. */
function unsent(events: readonly DeliverableEvent[], verdict: Verdict, at?: string): Sent {
  const results = everyEvent(events, verdict).map((result) =>
    at === undefined || verdict.verdict !== "retry" ? result : { ...result, attempt: { at, duration_ms: 0, failure: verdict.reason } },
  );
  return { results, bytes: 0 };
}

const everyEvent = (events: readonly DeliverableEvent[], verdict: Verdict): AttemptResult[] => events.map((event) => ({ event, verdict }));

function tally(results: readonly AttemptResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verdict } of results) {
    counts[verdict.verdict] = (counts[verdict.verdict] ?? 0) + 1;
  }
  return counts;
}
