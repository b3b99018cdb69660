import { deadDeliveries } from "../delivery/dead-deliveries.ts";
import { deadLetterMs } from "../delivery/dead-letter.ts";
import { type Delivery, deliveryId } from "../delivery/delivery.ts";
import type { EventBatch } from "../events/batch.ts";
import { firstIdAt } from "../events/event-id.ts";
import { type FoundEvent, readEvents } from "../events/read-events.ts";
import type { Ports } from "../ports/ports.ts";
import { partitionOf, partitionsOf, type TenantShards } from "../tenants/partition.ts";
import type { Counts } from "../usage/hour-counters.ts";
import { total } from "../usage/read-usage.ts";
import type { Cursor, DeadLetterSelection, ReplayRequest, Unit } from "./resend.ts";

/** So many documents are worked on in one step: a fraction of a second. */
const unitsPerStep = 100;

/** What the next step has to work on, and where the selection goes on after it. */
export interface Selection {
  readonly units: readonly Unit[];
  readonly cursor: Cursor | null;
  /** What can't be worked on at all, by reason. */
  readonly skipped: Counts;
}

/** Deliveries with dead letters, oldest first, partition by partition; all that anybody could mean by the selectors. */
export async function selectDeadLetters(
  { store, clock }: Pick<Ports, "store" | "clock">,
  tenant: TenantShards,
  { config_id, since }: DeadLetterSelection,
  { place, dead_at, id }: Cursor,
): Promise<Selection> {
  const pk = partitionsOf(tenant.id, tenant.event_shards)[place]!;
  const laterThan = Math.max(clock.now() - deadLetterMs, since === undefined ? 0 : Date.parse(since) - 1);
  const after = dead_at === undefined || id === undefined ? undefined : { dead_at, id };
  const walk = { direction: "asc", limit: unitsPerStep, configId: config_id, laterThan, after } as const;
  const { deliveries, next } = await deadDeliveries({ store }, pk, walk);
  return { units: deliveries.map((delivery) => ({ pk, id: delivery.id })), cursor: nextPlace(tenant, place, next), skipped: {} };
}

/** The deliveries of events that were named by their ids, however often and in whatever case. */
export async function selectByIds(
  ports: Pick<Ports, "store">,
  tenant: TenantShards,
  selectors: DeadLetterSelection,
  ids: readonly string[],
  { place }: Cursor,
): Promise<Selection> {
  const named = [...new Set(ids.map((id) => id.toLowerCase()))];
  const wanted = named.slice(place, place + unitsPerStep);
  const found = await readEvents(ports, tenant, wanted);
  const byBatch = Map.groupBy(found.values(), ({ batch_id }) => batch_id);
  const selections = await Promise.all([...byBatch].map(([batchId, events]) => selectOfBatch(ports, tenant, selectors, batchId, events)));
  const isLast = place + unitsPerStep >= named.length;
  return {
    units: selections.flatMap(({ units }) => units),
    cursor: isLast ? null : { place: place + unitsPerStep },
    skipped: total([...selections.map(({ skipped }) => skipped), countOf("not_found", wanted.length - found.size)]),
  };
}

/** Where events of a batch are, by what is known of them at its configs. */
async function selectOfBatch(
  { store }: Pick<Ports, "store">,
  tenant: TenantShards,
  { config_id }: DeadLetterSelection,
  batchId: string,
  events: readonly FoundEvent[],
): Promise<Omit<Selection, "cursor">> {
  const pk = partitionOf(tenant.id, tenant.event_shards, batchId);
  const configIds = (await store.get<EventBatch>("deliveries", pk, batchId))?.document.config_ids;
  if (configIds === undefined) {
    return { units: [], skipped: countOf("on_its_way", events.length) };
  }
  const asked = configIds.filter((id) => config_id === undefined || id === config_id);
  const deliveries = await Promise.all(asked.map((id) => store.get<Delivery>("deliveries", pk, deliveryId(batchId, id))));
  const units = deliveries.flatMap((stored): Unit[] => {
    const event_ids = events.map(({ id }) => id).filter((id) => stored?.document.events[id] !== undefined);
    return stored === undefined || event_ids.length === 0 ? [] : [{ pk, id: stored.document.id, event_ids }];
  });
  const placed = new Set(units.flatMap(({ event_ids = [] }) => event_ids));
  return { units, skipped: countOf("no_delivery", events.length - placed.size) };
}

const countOf = (reason: string, events: number): Counts => (events === 0 ? {} : { [reason]: events });

/** Batches received in a span of time, oldest first, partition by partition. Those received after the replay was asked for are not meant. */
export async function selectBatches(
  { store }: Pick<Ports, "store">,
  tenant: TenantShards,
  { since, until, asked_at }: Pick<ReplayRequest, "since" | "until"> & { readonly asked_at: string },
  { place, id }: Cursor,
): Promise<Selection> {
  const pk = partitionsOf(tenant.id, tenant.event_shards)[place]!;
  const before = Math.min(Date.parse(until), Date.parse(asked_at) + 1);
  const page = await store.query<EventBatch>("deliveries", pk, {
    where: [
      { path: "type", op: "eq", value: "batch" },
      id === undefined ? { path: "id", op: "gte", value: firstIdAt(Date.parse(since)) } : { path: "id", op: "gt", value: id },
      { path: "id", op: "lt", value: firstIdAt(before) },
    ],
    orderBy: { path: "id", direction: "asc" },
    limit: unitsPerStep,
  });
  const units = page.items.map(({ document }) => ({ pk, id: document.id }));
  const last = units.at(-1);
  return { units, cursor: nextPlace(tenant, place, units.length < unitsPerStep ? undefined : last && { id: last.id }), skipped: {} };
}

/** On in the same partition, or at the beginning of the next one, if there is one. */
function nextPlace(tenant: TenantShards, place: number, after: Omit<Cursor, "place"> | undefined): Cursor | null {
  if (after !== undefined) {
    return { place, ...after };
  }
  return place + 1 < tenant.event_shards ? { place: place + 1 } : null;
}
