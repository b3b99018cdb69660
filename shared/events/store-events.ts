import { v7 as uuid } from "uuid";
import type { FollowUp } from "../ports/outbox.ts";
import type { Ports } from "../ports/ports.ts";
import { partitionOf } from "../tenants/partition.ts";
import { type EventBatch, packBySize, retentionSeconds } from "./batch.ts";
import type { StoredEvent } from "./event.ts";
import { type EventsMessage, eventsQueue, messageLimits } from "./events-message.ts";
import type { PreparedEvent } from "./prepare-event.ts";

/** A stored event with what must not be stored. */
interface Travelling {
  readonly stored: StoredEvent;
  readonly client_ip: string | undefined;
}

/** Room for what a message says beside its events' own fields. */
const bytesBeside = 200;

/**
 * Stores events of one tenant and sends them to the fan-out, each or neither. Answers per event whether it is new or its id
 * was taken.
 */
export const storeEvents =
  (ports: Pick<Ports, "outbox" | "clock">) =>
  async (tenant: { id: string; event_shards: number }, events: readonly PreparedEvent[]): Promise<("created" | "conflict")[]> => {
    const receivedAt = new Date(ports.clock.now()).toISOString();
    const sizeOf = ({ content }: PreparedEvent) => Buffer.byteLength(JSON.stringify(content)) + bytesBeside;
    const travelling = packBySize(events, sizeOf, messageLimits).flatMap((group) => {
      const batchId = uuid();
      return group.map((event) => ({ stored: storedEvent(tenant, event, batchId, receivedAt), client_ip: event.client_ip }));
    });
    const byDocument = new Map(travelling.map((one) => [one.stored, one]));
    return ports.outbox.createThenSend(
      "events",
      travelling.map(({ stored }) => stored),
      (created) =>
        announce(
          tenant,
          created.map((stored) => byDocument.get(stored)!),
        ),
    );
  };

function storedEvent(tenant: { id: string; event_shards: number }, event: PreparedEvent, batchId: string, receivedAt: string): StoredEvent {
  return {
    id: event.id,
    pk: partitionOf(tenant.id, tenant.event_shards, event.id),
    tenant_id: tenant.id,
    batch_id: batchId,
    received_at: receivedAt,
    ...(event.provider === undefined ? {} : { provider: event.provider }),
    ...(event.config_id === undefined ? {} : { config_id: event.config_id }),
    ...(event.idempotency === undefined ? {} : { content_hash: event.idempotency.contentHash }),
    ...event.content,
  };
}

/** A batch document and a message per batch, of the events that were new. */
function announce(tenant: { id: string; event_shards: number }, created: readonly Travelling[]): FollowUp {
  const batches = [...Map.groupBy(created, ({ stored }) => stored.batch_id)].map(([id, members]) => {
    const { received_at } = members[0]!.stored;
    const pk = partitionOf(tenant.id, tenant.event_shards, id);
    const event_ids = members.map(({ stored }) => stored.id);
    const document: EventBatch = { id, pk, type: "batch", tenant_id: tenant.id, received_at, event_ids, ttl: retentionSeconds };
    const body: EventsMessage = { tenant_id: tenant.id, batch_id: id, pk, received_at, events: members.map(travellingEvent) };
    return { document: { container: "deliveries" as const, document }, message: { queue: eventsQueue, id, body } };
  });
  return { documents: batches.map(({ document }) => document), messages: batches.map(({ message }) => message) };
}

/** The only place where an event and its visitor's address stand together. */
function travellingEvent({ stored, client_ip }: Travelling): EventsMessage["events"][number] {
  const { pk: _pk, tenant_id: _tenant, batch_id: _batch, content_hash: _hash, ...event } = stored;
  return client_ip === undefined ? event : { ...event, client_ip };
}
