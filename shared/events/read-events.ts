import type { Ports } from "../ports/ports.ts";
import { partitionOf, type TenantShards } from "../tenants/partition.ts";
import type { BatchContents, EventDocument, KeptEvent } from "./event.ts";
import { batchOf } from "./event-id.ts";
import type { AddressedEvent } from "./events-message.ts";

/** An event as it was stored, from whichever document. */
export interface FoundEvent extends KeptEvent {
  readonly tenant_id: string;
  readonly batch_id: string;
  readonly received_at: string;
}

/** Reads events of a tenant by their ids; those that are gone, or never were, are not in the answer. */
export async function readEvents(
  { store }: Pick<Ports, "store">,
  tenant: TenantShards,
  ids: readonly string[],
): Promise<ReadonlyMap<string, FoundEvent>> {
  const found = new Map<string, FoundEvent>();
  const wanted = new Set(ids);
  const documentIds = new Set(ids.map((id) => batchOf(id) ?? id));
  await Promise.all(
    [...documentIds].map(async (id) => {
      const stored = await store.get<EventDocument | BatchContents>("events", partitionOf(tenant.id, tenant.event_shards, id), id);
      for (const event of stored === undefined ? [] : eventsIn(stored.document)) {
        if (wanted.has(event.id)) {
          found.set(event.id, event);
        }
      }
    }),
  );
  return found;
}

function eventsIn(document: EventDocument | BatchContents): FoundEvent[] {
  if ("events" in document) {
    const { id: batch_id, tenant_id, received_at } = document;
    return document.events.map((event) => ({ ...event, tenant_id, batch_id, received_at }));
  }
  const { pk: _pk, content_hash: _hash, ...event } = document;
  return [event];
}

/** What a tenant sees of its event: nothing that would join its visitor's events. */
export function publicEvent({ batch_id: _batch, visitor_hash: _hash, ...event }: FoundEvent) {
  return event;
}

/** The event as it travels, without what only the store needs. */
export function travelling({ tenant_id: _tenant, batch_id: _batch, ...event }: FoundEvent): AddressedEvent {
  return event;
}
