import type { EventBatch } from "../events/batch.ts";
import { firstIdAt } from "../events/event-id.ts";
import { type FoundEvent, publicEvent, readEvents } from "../events/read-events.ts";
import type { Condition, Document } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { partitionOf, partitionsOf, type TenantShards } from "../tenants/partition.ts";
import { type Outcome, outcomes } from "../usage/hour-counters.ts";
import { type Delivery, deliveryId } from "./delivery.ts";

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

/** Where a page ended: in which batch, and after how many of its listed events. */
export interface EventPosition {
  readonly batch: string;
  readonly skip: number;
}

type Store = Pick<Ports, "store">;

/**
 * Lists a tenant's events with their outcomes. Ids of batches and deliveries begin with a UUIDv7: all partitions are read newest
 * first and merged, and only as far as the page needs.
 */
export const listEvents =
  (ports: Store) =>
  async (tenant: TenantShards, filter: EventFilter): Promise<{ items: object[]; next?: EventPosition }> => {
    const items: object[] = [];
    let position = filter.after;
    for (;;) {
      const batchIds = await newestBatches(ports, tenant, filter, position);
      for (const batchId of batchIds) {
        const { listed, deliveries } = await readBatch(ports, tenant, filter, batchId);
        let skip = batchId === position?.batch ? position.skip : 0;
        // Again while there is room: of those taken some may be gone.
        while (skip < listed.length) {
          const taken = listed.slice(skip, skip + filter.limit - items.length);
          const found = await readEvents(ports, tenant, taken);
          const events = taken.flatMap((id) => found.get(id) ?? []).filter((event) => event.batch_id === batchId);
          items.push(...events.map((event) => describe(event, deliveries)));
          skip += taken.length;
          if (items.length === filter.limit) {
            return { items, next: { batch: batchId, skip } };
          }
        }
      }
      if (batchIds.length === 0) {
        return { items };
      }
      position = { batch: batchIds.at(-1)!, skip: Number.MAX_SAFE_INTEGER };
    }
  };

/** The next batches of all partitions in common order; with a filter those that have a delivery which may match it. */
async function newestBatches(
  { store }: Store,
  tenant: TenantShards,
  filter: EventFilter,
  position: EventPosition | undefined,
): Promise<string[]> {
  const { limit } = filter;
  const where = [...whatToFind(filter), ...whereToLook(filter, position)];
  const pages = await Promise.all(
    partitionsOf(tenant.id, tenant.event_shards).map((pk) =>
      store.query<Document>("deliveries", pk, { where, orderBy: { path: "id", direction: "desc" }, limit }),
    ),
  );
  const ids = pages.flatMap((page) => page.items.map(({ document }) => document.id)).sort((a, b) => (a < b ? 1 : -1));
  // Each partition gave its newest `limit` documents: no more than that are in right order over all of them.
  return [...new Set(ids.slice(0, limit).map((id) => id.split(":", 1)[0]!))];
}

function whatToFind({ configId, outcome }: EventFilter): Condition[] {
  if (configId === undefined && outcome === undefined) {
    return [{ path: "type", op: "eq", value: "batch" }];
  }
  const states = outcome === undefined ? outcomes : [outcome];
  const ofConfig: Condition[] = configId === undefined ? [] : [{ path: "config_id", op: "eq", value: configId }];
  return [...ofConfig, { path: "state", op: "in", value: ["mixed", ...states] }];
}

function whereToLook({ since }: EventFilter, position: EventPosition | undefined): Condition[] {
  const conditions: Condition[] = [];
  if (position !== undefined) {
    // `;` follows `:`: the batch itself and all of its deliveries come before it.
    const isDone = position.skip === Number.MAX_SAFE_INTEGER;
    conditions.push({ path: "id", op: "lt", value: isDone ? position.batch : `${position.batch};` });
  }
  if (since !== undefined) {
    conditions.push({ path: "id", op: "gte", value: firstIdAt(Date.parse(since)) });
  }
  return conditions;
}

/** A batch's deliveries, and which of its events the filter lists. */
async function readBatch({ store }: Store, tenant: TenantShards, { configId, outcome }: EventFilter, batchId: string) {
  const pk = partitionOf(tenant.id, tenant.event_shards, batchId);
  const batch = (await store.get<EventBatch>("deliveries", pk, batchId))?.document;
  const configIds = configId === undefined ? (batch?.config_ids ?? []) : [configId];
  const found = await Promise.all(configIds.map((id) => store.get<Delivery>("deliveries", pk, deliveryId(batchId, id))));
  const deliveries = found.flatMap((stored) => (stored === undefined ? [] : [stored.document]));
  const isListed = (eventId: string) =>
    (configId === undefined && outcome === undefined) ||
    deliveries.some(({ events }) => events[eventId] !== undefined && (outcome === undefined || events[eventId].outcome === outcome));
  return { deliveries, listed: (batch?.event_ids ?? []).filter(isListed) };
}

/** The event with its outcomes. */
function describe(event: FoundEvent, deliveries: readonly Delivery[]): object {
  const ofEvent = deliveries.flatMap(({ config_id, provider, events }) => {
    const delivery = events[event.id];
    return delivery === undefined ? [] : [[config_id, { provider, ...delivery, attempts: delivery.attempts.length }] as const];
  });
  return { ...publicEvent(event), deliveries: Object.fromEntries(ofEvent) };
}
