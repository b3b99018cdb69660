import type { EventBatch } from "../events/batch.ts";
import { type EventsMessage, eventsQueue } from "../events/events-message.ts";
import { readEvents, travelling } from "../events/read-events.ts";
import type { Document } from "../ports/document-store.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import type { OutgoingMessage } from "../ports/queue.ts";
import { eachTenant } from "../tenants/each-tenant.ts";
import { partitionsOf } from "../tenants/partition.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { type Delivery, dueAt, type EventDelivery, eventDueAt } from "./delivery.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "./messages.ts";
import { type DueResend, stepMessage } from "./resend-message.ts";

/** What is overdue by this much lost its message (spec 5.10). */
const overdueMs = 2 * 60_000;
/** Longer than queues remember ids: the same message sent again is swallowed as long as the first may still be waiting. */
const againMsMin = 10 * 60_000;
const againMsMax = 6 * 3_600_000;
const perPartition = 100;

type Sweepable = EventBatch | Delivery | DueResend;
type SweepPorts = Pick<Ports, "store" | "queue" | "clock">;

/**
 * Sends again what was stored and then forgotten by a process that died, or by a queue that could not take it: batches that were not
 * fanned out, and of deliveries the events whose next attempt is overdue. The visitors' addresses are lost by then (decision 10). Each time
 * the wait until the next look doubles, so that a mere backlog is not swamped with copies.
 */
export const sweepOverdue =
  (ports: SweepPorts) =>
  async (log: Log): Promise<void> => {
    let swept = 0;
    await eachTenant(ports, async (tenant) => {
      for (const pk of partitionsOf(tenant.id, tenant.event_shards)) {
        const documents = await sweepPartition(ports, tenant, pk);
        swept += documents;
      }
    });
    if (swept > 0) {
      log.warn({ event: "overdue_sent_again", documents: swept });
    }
  };

async function sweepPartition(ports: SweepPorts, tenant: Tenant, pk: string): Promise<number> {
  const now = ports.clock.now();
  const overdue = await ports.store.query<Sweepable>("deliveries", pk, {
    where: [{ path: "due_at", op: "lt", value: now - overdueMs }],
    orderBy: { path: "due_at", direction: "asc" },
    limit: perPartition,
  });
  let swept = 0;
  for (const stored of overdue.items) {
    // Another instance may do the same at this moment: the second message of an id is swallowed, the second patch refused.
    const { messages, set } = await sweep(ports, tenant, stored.document, now);
    await ports.queue.send(messages);
    await ports.store.patch<Document>("deliveries", pk, stored.document.id, { set }, stored.etag);
    swept++;
  }
  return swept;
}

interface Swept {
  readonly messages: readonly OutgoingMessage[];
  /** What its document must say, so that it is looked at again when these are overdue. */
  readonly set: Readonly<Record<string, unknown>>;
}

async function sweep(ports: SweepPorts, tenant: Tenant, document: Sweepable, now: number): Promise<Swept> {
  const { sweeps = 0 } = document;
  const again = now + Math.min(againMsMax, againMsMin * 2 ** sweeps);
  const set = { due_at: again, sweeps: sweeps + 1 };
  switch (document.type) {
    case "batch":
      return { messages: [await batchMessage(ports, tenant, document)], set };
    case "delivery": {
      const lost = Object.entries(document.events).filter(([, event]) => isLost(event, document, now));
      const noted = lost.map(([id, event]) => [id, { ...event, due_at: new Date(again).toISOString() }] as const);
      const events = { ...document.events, ...Object.fromEntries(noted) };
      const messages = await deliveryMessages(ports, tenant, document, lost);
      return { messages, set: { ...set, events, due_at: dueAt(events, again) } };
    }
    default:
      return { messages: [stepMessage(document)], set };
  }
}

/** The others of its delivery wait for a time of their own, with the visitors' addresses. */
const isLost = (event: EventDelivery, { due_at }: Delivery, now: number): boolean =>
  event.outcome === "pending" && eventDueAt(event, due_at!) < now - overdueMs;

async function batchMessage(ports: SweepPorts, tenant: Tenant, batch: EventBatch): Promise<OutgoingMessage> {
  const { id, pk, tenant_id, received_at } = batch;
  const found = await readEvents(ports, tenant, batch.event_ids);
  const events = batch.event_ids
    .flatMap((eventId) => found.get(eventId) ?? [])
    .filter((event) => event.batch_id === id)
    .map(travelling);
  const body: EventsMessage = { tenant_id, batch_id: id, pk, received_at, events };
  return { queue: eventsQueue, id, body };
}

async function deliveryMessages(
  ports: SweepPorts,
  tenant: Tenant,
  { tenant_id, batch_id, pk, received_at, config_id, provider }: Delivery,
  lost: readonly (readonly [string, EventDelivery])[],
): Promise<OutgoingMessage[]> {
  const byAttempt = Map.groupBy(lost, ([, { attempts, resent }]) => JSON.stringify([attempts.length, resent?.by, resent?.from_attempt]));
  return Promise.all(
    [...byAttempt.values()].map(async (entries) => {
      const { attempts, resent } = entries[0]![1];
      const found = await readEvents(
        ports,
        tenant,
        entries.map(([id]) => id),
      );
      const body: DispatchMessage = {
        tenant_id,
        batch_id,
        pk,
        received_at,
        config_id,
        provider,
        attempt: attempts.length,
        events: entries.flatMap(([id]) => found.get(id) ?? []).map(travelling),
        without_addresses: true,
        ...(resent === undefined ? {} : { resend: { by: resent.by, from_attempt: resent.from_attempt } }),
      };
      return { queue: dispatchQueue(provider), id: dispatchMessageId(body), body };
    }),
  );
}
