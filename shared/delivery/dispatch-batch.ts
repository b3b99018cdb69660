import type { Config } from "../configs/config.ts";
import type { DeliverableEvent } from "../events/event.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import type { ProviderDefinition, Verdict } from "../providers/definition.ts";
import { type AttemptPorts, attemptEvents } from "./attempt-events.ts";
import { type Delivery, deliveryId } from "./delivery.ts";
import type { DispatchMessage } from "./messages.ts";
import { isDue, recordResults } from "./record-results.ts";
import type { AttemptResult } from "./send-requests.ts";

type DispatchPorts = AttemptPorts & Pick<Ports, "outbox">;

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
): Promise<{ readonly results: readonly AttemptResult[]; readonly bytes: number }> {
  const config = (await ports.store.get<Config>("configs", message.tenant_id, message.config_id))?.document;
  const definition = findProvider(message.provider);
  if (config === undefined || definition === undefined || config.status !== "active") {
    const detail =
      config === undefined || definition === undefined ? "the config or its provider is gone" : `the config is ${config.status}`;
    return { results: everyEvent(events, { verdict: "suppressed", reason: "config_inactive", detail }), bytes: 0 };
  }
  return attemptEvents(ports, definition, config, events);
}

const everyEvent = (events: readonly DeliverableEvent[], verdict: Verdict): AttemptResult[] => events.map((event) => ({ event, verdict }));

function tally(results: readonly AttemptResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verdict } of results) {
    counts[verdict.verdict] = (counts[verdict.verdict] ?? 0) + 1;
  }
  return counts;
}
