import type { FollowUp } from "../ports/outbox.ts";
import type { Ports } from "../ports/ports.ts";
import { joinTraces } from "../ports/traceparent.ts";
import { partitionOf, type TenantShards } from "../tenants/partition.ts";
import { type EventBatch, packBySize, retentionSeconds } from "./batch.ts";
import type { BatchContents, EventDocument, KeptEvent } from "./event.ts";
import { idInBatch, newBatchId } from "./event-id.ts";
import { type AddressedEvent, type EventsMessage, eventsQueue, messageLimits } from "./events-message.ts";
import type { PreparedEvent } from "./prepare-event.ts";

/** What became of one event. A conflict means that its idempotency key is taken. */
export interface StoredEvent {
  readonly id: string;
  readonly outcome: "created" | "conflict";
}

type EventStorage = EventDocument | BatchContents;

/** An event in its batch, and the document that holds it. */
interface Member {
  readonly id: string;
  readonly event: PreparedEvent;
  readonly document: EventStorage;
}

/** Room for what a message says beside its events' own fields, the trace of each request included. */
const bytesBeside = 250;

/**
 * Stores events of one tenant and sends them to the fan-out, each or neither. Events without an idempotency key share a document per
 * batch; one with a key has its own, which is the record of the key. `takeEvents` is called once, as late as the store can.
 */
export const storeEvents =
  (ports: Pick<Ports, "outbox" | "clock">) =>
  async (tenant: TenantShards, takeEvents: () => readonly PreparedEvent[]): Promise<StoredEvent[]> => {
    let batches: Member[][] = [];
    const takeDocuments = () => {
      const now = ports.clock.now();
      const receivedAt = new Date(now).toISOString();
      const groups = packBySize(takeEvents(), ({ bytes }) => bytes + bytesBeside, messageLimits);
      batches = groups.map((group) => membersOf(tenant, group, newBatchId(now), receivedAt));
      return documentsOf(batches);
    };
    const results = await ports.outbox.createThenSend<EventStorage>("events", takeDocuments, (created) =>
      announce(tenant, batches, created),
    );
    const outcomes = new Map(documentsOf(batches).map((document, index) => [document, results[index]!]));
    return batches.flatMap((members) => members.map(({ id, document }) => ({ id, outcome: outcomes.get(document)! })));
  };

const documentsOf = (batches: readonly Member[][]): EventStorage[] => [...new Set(batches.flat().map(({ document }) => document))];

function membersOf(tenant: TenantShards, group: readonly PreparedEvent[], batchId: string, received_at: string): Member[] {
  const pkOf = (id: string) => partitionOf(tenant.id, tenant.event_shards, id);
  const inContents: KeptEvent[] = [];
  const contents: BatchContents = { id: batchId, pk: pkOf(batchId), tenant_id: tenant.id, received_at, events: inContents };
  return group.map((event, place) => {
    const { idempotency } = event;
    const id = idempotency?.id ?? idInBatch(batchId, place);
    const kept: KeptEvent = { id, ...addressee(event), ...event.content };
    if (idempotency === undefined) {
      inContents.push(kept);
      return { id, event, document: contents };
    }
    const facts = { pk: pkOf(id), tenant_id: tenant.id, batch_id: batchId, received_at, content_hash: idempotency.contentHash };
    return { id, event, document: { ...kept, ...facts } };
  });
}

/** A batch document and a message per batch, of the events that were new. */
function announce(tenant: TenantShards, batches: readonly Member[][], created: readonly EventStorage[]): FollowUp {
  const isCreated = new Set(created);
  const announced = batches.flatMap((members) => {
    const present = members.filter(({ document }) => isCreated.has(document));
    return present.length === 0 ? [] : [announceBatch(tenant, present)];
  });
  return { documents: announced.map(({ document }) => document), messages: announced.map(({ message }) => message) };
}

function announceBatch(tenant: TenantShards, members: readonly Member[]) {
  const { received_at, ...first } = members[0]!.document;
  const id = "batch_id" in first ? first.batch_id : first.id;
  const pk = partitionOf(tenant.id, tenant.event_shards, id);
  const document: EventBatch = {
    id,
    pk,
    type: "batch",
    tenant_id: tenant.id,
    received_at,
    event_ids: members.map((member) => member.id),
    due_at: Date.parse(received_at),
    ttl: retentionSeconds,
  };
  const events = members.map((member) => travelling(member, received_at));
  const traces = joinTraces(members.map(({ event }) => event.traceparent));
  const body: EventsMessage = { tenant_id: tenant.id, batch_id: id, pk, received_at, ...traces, events };
  return { document: { container: "deliveries" as const, document }, message: { queue: eventsQueue, id, body } };
}

/** The only place where an event and its visitor's address stand together. */
function travelling({ id, event }: Member, received_at: string): AddressedEvent {
  const { content, client_ip } = event;
  return { id, received_at, ...addressee(event), ...content, ...(client_ip === undefined ? {} : { client_ip }) };
}

/** Whom the event is for, when it says so. */
function addressee({ provider, config_id }: Pick<PreparedEvent, "provider" | "config_id">) {
  return { ...(provider === undefined ? {} : { provider }), ...(config_id === undefined ? {} : { config_id }) };
}
