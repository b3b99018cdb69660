import { type EventBatch, publicEvent } from "../events/batch.ts";
import type { StoredEvent } from "../events/event.ts";
import type { Condition, Document } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { partitionOf, partitionsOf } from "../tenants/partition.ts";
import { type Outcome, outcomes } from "../usage/hour-counters.ts";
import { type Delivery, deliveryId } from "./delivery.ts";

/** What to list: newest first, from `since` on, after the position of an earlier page. */
export interface EventFilter {
  readonly limit: number;
  readonly configId?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** ISO time of receipt. */
  readonly since?: string | undefined;
  readonly after?: EventPosition | undefined;
}

/** Where a page ended: in which document (batch or delivery), and after how many of its matching events. */
export interface EventPosition {
  readonly id: string;
  readonly skip: number;
}

interface Group {
  readonly id: string;
  readonly received_at: string;
  readonly event_ids: readonly string[];
  readonly batch_id: string;
}

interface Tenant {
  readonly id: string;
  readonly event_shards: number;
}

/**
 * Lists a tenant's events with their outcomes. Batches and deliveries sort by id, which begins with a UUIDv7: all partitions
 * are read newest first and merged, and only as far as the page needs.
 */
export const listEvents =
  (ports: Pick<Ports, "store">) =>
  async (tenant: Tenant, filter: EventFilter): Promise<{ items: object[]; next?: EventPosition }> => {
    const picked: { eventId: string; batchId: string }[] = [];
    let position = filter.after;
    for (;;) {
      const groups = await newestGroups(ports, tenant, filter, position);
      for (const group of groups) {
        const skipped = group.id === position?.id ? position.skip : 0;
        const room = filter.limit - picked.length;
        const taken = group.event_ids.slice(skipped, skipped + room);
        picked.push(...taken.map((eventId) => ({ eventId, batchId: group.batch_id })));
        position = { id: group.id, skip: skipped + taken.length };
        if (picked.length === filter.limit) {
          return { items: await describe(ports, tenant, picked, filter.configId), next: position };
        }
      }
      if (groups.length === 0) {
        return { items: await describe(ports, tenant, picked, filter.configId) };
      }
      position = { id: groups.at(-1)!.id, skip: Number.MAX_SAFE_INTEGER };
    }
  };

/** The next batches (or, with a filter, deliveries) of all partitions in common order. */
async function newestGroups(ports: Pick<Ports, "store">, tenant: Tenant, filter: EventFilter, position: EventPosition | undefined): Promise<Group[]> {
  const { configId, outcome, limit } = filter;
  const where: Condition[] = [];
  if (configId === undefined && outcome === undefined) {
    where.push({ path: "type", op: "eq", value: "batch" });
  } else {
    if (configId !== undefined) {
      where.push({ path: "config_id", op: "eq", value: configId });
    }
    where.push(outcome === undefined ? { path: "state", op: "in", value: ["mixed", ...outcomes] } : { path: "state", op: "in", value: ["mixed", outcome] });
  }
  if (position !== undefined) {
    where.push({ path: "id", op: position.skip === Number.MAX_SAFE_INTEGER ? "lt" : "lte", value: position.id });
  }
  if (filter.since !== undefined) {
    where.push({ path: "id", op: "gte", value: firstIdAt(Date.parse(filter.since)) });
  }
  const pages = await Promise.all(
    partitionsOf(tenant.id, tenant.event_shards).map((pk) =>
      ports.store.query<Document & Partial<EventBatch> & Partial<Delivery>>("deliveries", pk, { where, orderBy: { path: "id", direction: "desc" }, limit }),
    ),
  );
  const groups = pages
    .flatMap((page) => page.items.map(({ document }) => asGroup(document as EventBatch | Delivery, outcome)))
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  // Each partition gave its newest `limit`: only as many are in right order over all of them.
  return groups.slice(0, limit);
}

function asGroup(document: EventBatch | Delivery, outcome: Outcome | undefined): Group {
  const { id, received_at } = document;
  if (document.type === "batch") {
    return { id, received_at, batch_id: id, event_ids: document.event_ids };
  }
  const matching = Object.entries(document.events).filter(([, event]) => outcome === undefined || event.outcome === outcome);
  return { id, received_at, batch_id: document.batch_id, event_ids: matching.map(([eventId]) => eventId) };
}

/** The smallest UUIDv7 of a millisecond (RFC 9562, section 5.7). */
function firstIdAt(ms: number): string {
  const time = Math.max(0, ms).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

async function describe(ports: Pick<Ports, "store">, tenant: Tenant, picked: readonly { eventId: string; batchId: string }[], configId: string | undefined) {
  const items = await Promise.all(
    picked.map(async ({ eventId, batchId }) => {
      const event = await ports.store.get<StoredEvent>("events", partitionOf(tenant.id, tenant.event_shards, eventId), eventId);
      const pk = partitionOf(tenant.id, tenant.event_shards, batchId);
      const configIds = configId === undefined ? ((await ports.store.get<EventBatch>("deliveries", pk, batchId))?.document.config_ids ?? []) : [configId];
      const deliveries: Record<string, object> = {};
      for (const id of configIds) {
        const delivery = (await ports.store.get<Delivery>("deliveries", pk, deliveryId(batchId, id)))?.document;
        const ofEvent = delivery?.events[eventId];
        if (delivery !== undefined && ofEvent !== undefined) {
          deliveries[id] = { provider: delivery.provider, ...ofEvent, attempts: ofEvent.attempts.length };
        }
      }
      return event === undefined ? undefined : { ...publicEvent(event.document), deliveries };
    }),
  );
  return items.filter((item) => item !== undefined);
}
