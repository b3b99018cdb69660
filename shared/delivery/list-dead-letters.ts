import { readEvents } from "../events/read-events.ts";
import type { Ports } from "../ports/ports.ts";
import { partitionOf, partitionsOf, type TenantShards } from "../tenants/partition.ts";
import { inOrder, walkDeadDeliveries } from "./dead-deliveries.ts";
import { deadLetterMs, isDeadLetter } from "./dead-letter.ts";
import type { Delivery, EventDelivery } from "./delivery.ts";
import { mergeSorted } from "./merge-sorted.ts";

/** So many are looked at for one page at most: a fraction of a second, or a second or two where the store is at the other end of a network. */
const deliveriesMax = 500;

/** Which dead letters; times are milliseconds since the epoch, of when they were set aside: from `since` on, before `until`. */
export interface DeadLetterFilter {
  readonly configId?: string | undefined;
  readonly reason?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Where a page ended: at which delivery and, when its events were not all looked at, after how many of them, dead letters or not. */
export interface DeadLetterPosition {
  readonly dead_at: number;
  readonly id: string;
  readonly skip?: number | undefined;
}

/** Whether a filter names an event of this config that is a dead letter. */
export function isWanted({ configId, reason, since, until }: DeadLetterFilter, delivery: Delivery, event: EventDelivery): boolean {
  const at = Date.parse(event.dead_lettered_at ?? "");
  return (
    (configId === undefined || configId === delivery.config_id) &&
    (reason === undefined || reason === event.reason) &&
    (since === undefined || at >= since) &&
    (until === undefined || at < until)
  );
}

/**
 * Lists a tenant's dead letters, newest first: by the delivery they are in, which holds those of one batch at one config. All partitions are read in
 * the same order and merged, and only as far as the page needs. Reasons and the ends of spans are not indexed, so that a page that has looked at
 * many deliveries is short, or empty, and `next` goes on.
 */
export const listDeadLetters =
  (ports: Pick<Ports, "store" | "clock">) =>
  async (
    tenant: TenantShards,
    filter: DeadLetterFilter & { readonly limit: number; readonly after?: DeadLetterPosition | undefined },
  ): Promise<{ items: object[]; next?: DeadLetterPosition }> => {
    const now = ports.clock.now();
    const items: object[] = [];
    let lookedAt = 0;
    for await (const { delivery, dead_at, skip } of newestDeliveries(ports, tenant, filter, now)) {
      const { id } = delivery;
      const listed = Object.entries(delivery.events).flatMap(([eventId, event], place) =>
        place >= skip && isDeadLetter(event, now) && isWanted(filter, delivery, event) ? [{ eventId, event, place }] : [],
      );
      const taken = listed.slice(0, filter.limit - items.length);
      const found = await readEvents(
        ports,
        tenant,
        taken.map(({ eventId }) => eventId),
      );
      items.push(...taken.map(({ eventId, event }) => describe(eventId, event, delivery, found.get(eventId)?.event_name)));
      if (items.length === filter.limit) {
        // Events that are sent again meanwhile are listed no more, but keep their places.
        return { items, next: { dead_at, id, skip: taken.at(-1)!.place + 1 } };
      }
      if (++lookedAt === deliveriesMax) {
        return { items, next: { dead_at, id } };
      }
    }
    return { items };
  };

/** The next deliveries of all partitions in common order; first the one within which the last page ended, wherever it is now. */
async function* newestDeliveries(
  { store }: Pick<Ports, "store">,
  tenant: TenantShards,
  { limit, configId, since, after }: Parameters<ReturnType<typeof listDeadLetters>>[1],
  now: number,
): AsyncGenerator<{ delivery: Delivery; dead_at: number; skip: number }> {
  if (after?.skip !== undefined) {
    const [batchId] = after.id.split(":", 1) as [string];
    const stored = await store.get<Delivery>("deliveries", partitionOf(tenant.id, tenant.event_shards, batchId), after.id);
    if (stored !== undefined) {
      yield { delivery: stored.document, dead_at: after.dead_at, skip: after.skip };
    }
  }
  const laterThan = Math.max(now - deadLetterMs, (since ?? 0) - 1);
  const walks = partitionsOf(tenant.id, tenant.event_shards).map((pk) =>
    walkDeadDeliveries({ store }, pk, { direction: "desc", limit, configId, laterThan, after }),
  );
  for await (const delivery of mergeSorted(walks, inOrder("desc"))) {
    yield { delivery, dead_at: delivery.dead_at!, skip: 0 };
  }
}

function describe(id: string, event: EventDelivery, { config_id, provider }: Delivery, event_name: string | undefined): object {
  const { reason, attempts, dead_lettered_at } = event;
  return {
    event_id: id,
    config_id,
    provider,
    event_name: event_name ?? null,
    reason,
    attempts: attempts.length,
    dead_lettered_at,
    expires_at: new Date(Date.parse(dead_lettered_at!) + deadLetterMs).toISOString(),
  };
}
