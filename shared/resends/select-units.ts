import { deadDeliveries } from "../delivery/dead-deliveries.ts";
import { deadLetterMs } from "../delivery/dead-letter.ts";
import { deliveryId } from "../delivery/delivery.ts";
import type { EventBatch } from "../events/batch.ts";
import { firstIdAt } from "../events/event-id.ts";
import { readEvents } from "../events/read-events.ts";
import type { Ports } from "../ports/ports.ts";
import { partitionOf, partitionsOf, type TenantShards } from "../tenants/partition.ts";
import type { Counts } from "../usage/hour-counters.ts";
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

/** The deliveries of events that were named by their ids. */
export async function selectByIds(
  ports: Pick<Ports, "store">,
  tenant: TenantShards,
  { config_id }: DeadLetterSelection,
  ids: readonly string[],
  { place }: Cursor,
): Promise<Selection> {
  const wanted = ids.slice(place, place + unitsPerStep);
  const found = await readEvents(ports, tenant, wanted);
  const units: Unit[] = [];
  for (const [batchId, events] of Map.groupBy(found.values(), ({ batch_id }) => batch_id)) {
    const pk = partitionOf(tenant.id, tenant.event_shards, batchId);
    const batch = await ports.store.get<EventBatch>("deliveries", pk, batchId);
    const configIds = (batch?.document.config_ids ?? []).filter((id) => config_id === undefined || id === config_id);
    const event_ids = events.map(({ id }) => id);
    units.push(...configIds.map((configId) => ({ pk, id: deliveryId(batchId, configId), event_ids })));
  }
  const isLast = place + unitsPerStep >= ids.length;
  const missing = wanted.length - found.size;
  return { units, cursor: isLast ? null : { place: place + unitsPerStep }, skipped: missing === 0 ? {} : { not_found: missing } };
}

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
