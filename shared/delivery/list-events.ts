import type { EventBatch } from "../events/batch.ts";
import { firstIdAt } from "../events/event-id.ts";
import { type FoundEvent, publicEvent, readEvents } from "../events/read-events.ts";
import type { Condition, Document } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { queryAll } from "../ports/query-all.ts";
import { partitionOf, partitionsOf, type TenantShards } from "../tenants/partition.ts";
import { type Outcome, outcomes } from "../usage/hour-counters.ts";
import { type Delivery, deliveryId } from "./delivery.ts";
import { mergeSorted } from "./merge-sorted.ts";

/** What to list: newest first, from `since` on, after the position of an earlier page. */
export interface EventFilter {
  readonly limit: number;
  readonly configId?: string | undefined;
  /** Events with this outcome at the config or, without `configId`, at any. */
  readonly outcome?: Outcome | undefined;
  /** ISO time of receipt. */
  readonly since?: string | undefined;
  readonly after?: EventPosition | undefined;
}

/** Where a page ended: in which batch, and after how many of its events, listed or not. */
export interface EventPosition {
  readonly batch: string;
  readonly skip: number;
}

/** So many batches are looked at for one page at most, each with its deliveries. */
const batchesMax = 100;
/** Documents that are read at once of a partition are no fewer: not each of them has what the filter lists. */
const pageSizeMin = 10;

type Store = Pick<Ports, "store">;

/**
 * Lists a tenant's events with their outcomes. Ids of batches and deliveries begin with a UUIDv7: all partitions are read newest
 * first and merged, and only as far as the page needs. Not every batch found has events that the filter lists, so that a page that has looked
 * at many is short, or empty, and `next` goes on.
 */
export const listEvents =
  (ports: Store) =>
  async (tenant: TenantShards, filter: EventFilter): Promise<{ items: object[]; next?: EventPosition }> => {
    const items: object[] = [];
    let lookedAt = 0;
    for await (const batch of newestBatches(ports, tenant, filter)) {
      const { eventIds, isListed, deliveries } = await readBatch(ports, tenant, filter, batch);
      let skip = batch === filter.after?.batch ? filter.after.skip : 0;
      // Again while there is room: of those taken some may be gone.
      while (skip < eventIds.length) {
        const room = filter.limit - items.length;
        const taken = eventIds.slice(skip).filter(isListed).slice(0, room);
        const found = await readEvents(ports, tenant, taken);
        const events = taken.flatMap((id) => found.get(id) ?? []).filter((event) => event.batch_id === batch);
        items.push(...events.map((event) => describe(event, deliveries)));
        // Events whose outcome changes meanwhile keep their places.
        skip = taken.length < room ? eventIds.length : eventIds.indexOf(taken.at(-1)!, skip) + 1;
        if (items.length === filter.limit) {
          return { items, next: { batch, skip } };
        }
      }
      if (++lookedAt === batchesMax) {
        return { items, next: { batch, skip } };
      }
    }
    return { items };
  };

/** The ids of the next batches of all partitions in common order; with a filter those that have a delivery which may match it. */
async function* newestBatches({ store }: Store, tenant: TenantShards, filter: EventFilter): AsyncGenerator<string> {
  const query = { where: [...whatToFind(filter), ...whereToLook(filter)], orderBy: { path: "id", direction: "desc" } } as const;
  const found = partitionsOf(tenant.id, tenant.event_shards).map((pk) =>
    queryAll<Document>(store, "deliveries", pk, query, Math.max(filter.limit, pageSizeMin)),
  );
  let newest: string | undefined;
  for await (const { id } of mergeSorted(found, (a, b) => (a.id < b.id ? 1 : -1))) {
    const [batch] = id.split(":", 1) as [string];
    // The deliveries of a batch come one after the other.
    if (batch !== newest) {
      newest = batch;
      yield batch;
    }
  }
}

function whatToFind({ configId, outcome }: EventFilter): Condition[] {
  if (configId === undefined && outcome === undefined) {
    return [{ path: "type", op: "eq", value: "batch" }];
  }
  const states = outcome === undefined ? outcomes : [outcome];
  const ofConfig: Condition[] = configId === undefined ? [] : [{ path: "config_id", op: "eq", value: configId }];
  return [...ofConfig, { path: "state", op: "in", value: ["mixed", ...states] }];
}

function whereToLook({ since, after }: EventFilter): Condition[] {
  const conditions: Condition[] = [];
  if (after !== undefined) {
    // `;` follows `:`: the batch itself and all of its deliveries come before it.
    conditions.push({ path: "id", op: "lt", value: `${after.batch};` });
  }
  if (since !== undefined) {
    conditions.push({ path: "id", op: "gte", value: firstIdAt(Date.parse(since)) });
  }
  return conditions;
}

/** A batch's deliveries and events, and which of those the filter lists. */
async function readBatch({ store }: Store, tenant: TenantShards, { configId, outcome }: EventFilter, batchId: string) {
  const pk = partitionOf(tenant.id, tenant.event_shards, batchId);
  const batch = (await store.get<EventBatch>("deliveries", pk, batchId))?.document;
  const configIds = configId === undefined ? (batch?.config_ids ?? []) : [configId];
  const found = await Promise.all(configIds.map((id) => store.get<Delivery>("deliveries", pk, deliveryId(batchId, id))));
  const deliveries = found.flatMap((stored) => (stored === undefined ? [] : [stored.document]));
  const isListed = (eventId: string) =>
    (configId === undefined && outcome === undefined) ||
    deliveries.some(({ events }) => events[eventId] !== undefined && (outcome === undefined || events[eventId].outcome === outcome));
  return { deliveries, eventIds: batch?.event_ids ?? [], isListed };
}

/** The event with its outcomes. */
function describe(event: FoundEvent, deliveries: readonly Delivery[]): object {
  const ofEvent = deliveries.flatMap(({ config_id, provider, events }) => {
    const delivery = events[event.id];
    return delivery === undefined ? [] : [[config_id, { provider, ...delivery, attempts: delivery.attempts.length }] as const];
  });
  return { ...publicEvent(event), deliveries: Object.fromEntries(ofEvent) };
}
