import { deadAt } from "../delivery/dead-letter.ts";
import { countChanges, type Delivery, deliveryId, dueAt, type EventDelivery, type Resent, stateOf } from "../delivery/delivery.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "../delivery/messages.ts";
import { retentionSeconds } from "../events/batch.ts";
import { withoutAddressee } from "../events/events-message.ts";
import { type FoundEvent, travelling } from "../events/read-events.ts";
import type { WriteOperation } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import type { OutgoingMessage } from "../ports/queue.ts";
import { addCounts, hourOf } from "../usage/hour-counters.ts";
import type { Target } from "./plan.ts";

/** A step of a redelivery or replay, which begins a new round of attempts, and its place in a trace; "" where there is none. */
export interface Round {
  readonly by: string;
  readonly step: number;
  readonly traceparent: string;
}

/** What is sent again is to be recorded too. */
const ttlSecondsMin = 86_400;

/**
 * Begins a new round of attempts: the events are pending again, the hour's counters say so, and messages will send them, all in one
 * transaction. What was tried before stays in the receipts.
 * @param notBefore milliseconds since the epoch
 * @returns false when the documents have changed since they were read; then nothing was done
 */
export async function sendAgain(
  { outbox, clock }: Pick<Ports, "outbox" | "clock">,
  { traceparent, ...round }: Round,
  { batch: { document: batch, etag: batchEtag }, config, before }: Target,
  found: readonly FoundEvent[],
  notBefore: number,
): Promise<boolean> {
  const now = clock.now();
  const known = before?.document.events ?? {};
  const events: Record<string, EventDelivery> = { ...known };
  for (const { id } of found) {
    events[id] = newRound(known[id], round, now, notBefore);
  }
  const head = {
    tenant_id: batch.tenant_id,
    batch_id: batch.id,
    pk: batch.pk,
    received_at: batch.received_at,
    config_id: config.id,
    provider: config.provider,
  };
  const ttl = ttlLeft(batch.received_at, now);
  const base = before?.document ?? {
    ...head,
    id: deliveryId(batch.id, config.id),
    type: "delivery" as const,
    due_at: null,
    dead_at: null,
  };
  const delivery: Delivery = {
    ...base,
    events,
    state: stateOf(events),
    due_at: dueAt(events, base.due_at ?? notBefore),
    dead_at: deadAt(events, base.dead_at),
    ttl,
  };
  const received = Object.keys(events).length - Object.keys(known).length;
  const counts = { ...countChanges(known, events), ...(received === 0 ? {} : { received }) };
  const operations: WriteOperation[] = [
    before === undefined ? { type: "create", document: delivery } : { type: "replace", document: delivery, etag: before.etag },
    addCounts(batch.pk, config.id, hourOf(batch.received_at), counts),
  ];
  const configIds = batch.config_ids ?? [];
  if (!configIds.includes(config.id)) {
    operations.push({ type: "patch", id: batch.id, changes: { set: { config_ids: [...configIds, config.id], ttl } }, etag: batchEtag });
  }
  const messages = messagesOf(traceparent === "" ? head : { ...head, traceparent }, found, events, notBefore);
  return (await outbox.applyThenSend("deliveries", batch.pk, operations, messages)).applied;
}

/** Seconds that a document of the batch may still be kept (spec 6.3). Stores count them from each write, which must not prolong its life. */
function ttlLeft(receivedAt: string, now: number): number {
  const ageSeconds = Math.floor((now - Date.parse(receivedAt)) / 1000);
  return Math.max(ttlSecondsMin, retentionSeconds - ageSeconds);
}

function newRound(known: EventDelivery | undefined, round: Omit<Round, "traceparent">, now: number, notBefore: number): EventDelivery {
  const { attempts = [], adjustments } = known ?? {};
  const resent: Resent = { ...round, at: new Date(now).toISOString(), from_attempt: attempts.length };
  const due_at = new Date(notBefore).toISOString();
  return { outcome: "pending", attempts, due_at, resent, ...(adjustments === undefined ? {} : { adjustments }) };
}

/** Events that were tried equally often travel together. */
function messagesOf(
  head: Omit<DispatchMessage, "attempt" | "events">,
  found: readonly FoundEvent[],
  events: Readonly<Record<string, EventDelivery>>,
  notBefore: number,
): OutgoingMessage[] {
  const byAttempt = Map.groupBy(found, ({ id }) => events[id]!.attempts.length);
  return [...byAttempt].map(([attempt, group]) => {
    const { by } = events[group[0]!.id]!.resent!;
    const resend = { by, from_attempt: attempt };
    const body: DispatchMessage = {
      ...head,
      attempt,
      events: group.map(travelling).map(withoutAddressee),
      resend,
      without_addresses: true,
    };
    return { queue: dispatchQueue(head.provider), id: dispatchMessageId(body), notBefore, body };
  });
}
