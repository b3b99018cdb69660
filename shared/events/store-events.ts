import { v7 as uuid } from "uuid";
import type { FollowUp } from "../ports/outbox.ts";
import type { Ports } from "../ports/ports.ts";
import { partitionOf } from "../tenants/partition.ts";
import { type EventBatch, packBySize, retentionSeconds } from "./batch.ts";
import type { StoredEvent } from "./event.ts";
import { type AddressedEvent, type EventsMessage, eventsQueue, messageLimits } from "./events-message.ts";
import type { PreparedEvent } from "./prepare-event.ts";

interface Tenant {
  readonly id: string;
  readonly event_shards: number;
}

/** Room for what a message says beside its events' own fields. */
const bytesBeside = 200;

/**
 * Stores events of one tenant and sends them to the fan-out, each or neither. `takeEvents` is called once, as late as the store
 * can. Answers per event whether it is new or its id was taken.
 */
export const storeEvents =
  (ports: Pick<Ports, "outbox" | "clock">) =>
  (tenant: Tenant, takeEvents: () => readonly PreparedEvent[]): Promise<("created" | "conflict")[]> => {
    const preparedOf = new Map<StoredEvent, PreparedEvent>();
    const takeDocuments = () => {
      const receivedAt = new Date(ports.clock.now()).toISOString();
      for (const group of packBySize(takeEvents(), ({ bytes }) => bytes + bytesBeside, messageLimits)) {
        const batchId = uuid();
        for (const event of group) {
          preparedOf.set(storedEvent(tenant, event, batchId, receivedAt), event);
        }
      }
      return [...preparedOf.keys()];
    };
    return ports.outbox.createThenSend("events", takeDocuments, (created) => announce(tenant, created, preparedOf));
  };

function storedEvent(tenant: Tenant, event: PreparedEvent, batchId: string, receivedAt: string): StoredEvent {
  return {
    id: event.id,
    pk: partitionOf(tenant.id, tenant.event_shards, event.id),
    tenant_id: tenant.id,
    batch_id: batchId,
    received_at: receivedAt,
    ...addressee(event),
    ...(event.idempotency === undefined ? {} : { content_hash: event.idempotency.contentHash }),
    ...event.content,
  };
}

/** A batch document and a message per batch, of the events that were new. */
function announce(tenant: Tenant, created: readonly StoredEvent[], preparedOf: ReadonlyMap<StoredEvent, PreparedEvent>): FollowUp {
  const batches = [...Map.groupBy(created, ({ batch_id }) => batch_id)].map(([id, members]) => {
    const { received_at } = members[0]!;
    const pk = partitionOf(tenant.id, tenant.event_shards, id);
    const event_ids = members.map((event) => event.id);
    const document: EventBatch = {
      id,
      pk,
      type: "batch",
      tenant_id: tenant.id,
      received_at,
      event_ids,
      due_at: Date.parse(received_at),
      ttl: retentionSeconds,
    };
    const body: EventsMessage = {
      tenant_id: tenant.id,
      batch_id: id,
      pk,
      received_at,
      events: members.map((event) => travelling(preparedOf.get(event)!, received_at)),
    };
    return { document: { container: "deliveries" as const, document }, message: { queue: eventsQueue, id, body } };
  });
  return { documents: batches.map(({ document }) => document), messages: batches.map(({ message }) => message) };
}

/** The only place where an event and its visitor's address stand together. */
function travelling(event: PreparedEvent, received_at: string): AddressedEvent {
  const { id, content, client_ip } = event;
  return { id, received_at, ...addressee(event), ...content, ...(client_ip === undefined ? {} : { client_ip }) };
}

/** Whom the event is for, when it says so. */
function addressee({ provider, config_id }: Pick<PreparedEvent, "provider" | "config_id">) {
  return { ...(provider === undefined ? {} : { provider }), ...(config_id === undefined ? {} : { config_id }) };
}
