import type { EventBatch } from "../events/batch.ts";
import { type EventsMessage, eventsQueue } from "../events/events-message.ts";
import { readEvents, travelling } from "../events/read-events.ts";
import type { Document, Stored } from "../ports/document-store.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import type { OutgoingMessage } from "../ports/queue.ts";
import { eachTenant } from "../tenants/each-tenant.ts";
import { partitionsOf } from "../tenants/partition.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { Delivery } from "./delivery.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "./messages.ts";
import { type DueResend, stepMessage } from "./resend-message.ts";

/** What is overdue by this much lost its message (spec 5.10). */
const overdueMs = 2 * 60_000;
/** Longer than queues remember ids: the same message sent again is swallowed as long as the first may still be waiting. */
const againMsMin = 10 * 60_000;
const perPartition = 100;

type Sweepable = EventBatch | Delivery | DueResend;
type SweepPorts = Pick<Ports, "store" | "queue" | "clock">;

/**
 * Sends again what was stored and then forgotten by a process that died, or by a queue that could not take it: batches that were not
 * fanned out, and deliveries whose next attempt is overdue. The visitors' addresses are lost by then (decision 10). Each time the wait until
 * the next look grows, so that a mere backlog is not swamped with copies.
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
    await ports.queue.send(await messagesOf(ports, tenant, stored));
    const { id, due_at } = stored.document;
    const set = { due_at: now + Math.max(againMsMin, 2 * (now - due_at!)) };
    await ports.store.patch<Document>("deliveries", pk, id, { set }, stored.etag);
    swept++;
  }
  return swept;
}

async function messagesOf(ports: SweepPorts, tenant: Tenant, { document }: Stored<Sweepable>): Promise<OutgoingMessage[]> {
  switch (document.type) {
    case "batch":
      return [await batchMessage(ports, tenant, document)];
    case "delivery":
      return deliveryMessages(ports, tenant, document);
    default:
      return [stepMessage(document)];
  }
}

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

async function deliveryMessages(ports: SweepPorts, tenant: Tenant, delivery: Delivery): Promise<OutgoingMessage[]> {
  const { tenant_id, batch_id, pk, received_at, config_id, provider } = delivery;
  const pending = Object.entries(delivery.events).filter(([, { outcome }]) => outcome === "pending");
  const byAttempt = Map.groupBy(pending, ([, { attempts, resent }]) => JSON.stringify([attempts.length, resent?.by, resent?.from_attempt]));
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
