import { readEvents } from "../events/read-events.ts";
import type { Ports } from "../ports/ports.ts";
import { partitionsOf, type TenantShards } from "../tenants/partition.ts";
import { deadDeliveries, inOrder } from "./dead-deliveries.ts";
import { deadLetterMs, isDeadLetter } from "./dead-letter.ts";
import type { Delivery, EventDelivery } from "./delivery.ts";

/** Which dead letters; times are milliseconds since the epoch, of when they were set aside: from `since` on, before `until`. */
export interface DeadLetterFilter {
  readonly configId?: string | undefined;
  readonly reason?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Where a page ended: at which delivery, and after how many of its events. */
export interface DeadLetterPosition {
  readonly dead_at: number;
  readonly id: string;
  readonly skip: number;
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
 * the same order and merged, and only as far as the page needs.
 */
export const listDeadLetters =
  (ports: Pick<Ports, "store" | "clock">) =>
  async (
    tenant: TenantShards,
    filter: DeadLetterFilter & { readonly limit: number; readonly after?: DeadLetterPosition | undefined },
  ): Promise<{ items: object[]; next?: DeadLetterPosition }> => {
    const now = ports.clock.now();
    const items: object[] = [];
    let position = filter.after;
    for (;;) {
      const deliveries = await newestDeliveries(ports, tenant, filter, position, now);
      for (const delivery of deliveries) {
        const listed = Object.entries(delivery.events).filter(([, event]) => isDeadLetter(event, now) && isWanted(filter, delivery, event));
        const skipped = delivery.id === position?.id && delivery.dead_at === position.dead_at ? position.skip : 0;
        const taken = listed.slice(skipped, skipped + filter.limit - items.length);
        const found = await readEvents(
          ports,
          tenant,
          taken.map(([id]) => id),
        );
        items.push(...taken.map(([id, event]) => describe(id, event, delivery, found.get(id)?.event_name)));
        if (items.length === filter.limit) {
          return { items, next: { dead_at: delivery.dead_at!, id: delivery.id, skip: skipped + taken.length } };
        }
      }
      const last = deliveries.at(-1);
      if (last === undefined) {
        return { items };
      }
      position = { dead_at: last.dead_at!, id: last.id, skip: Number.MAX_SAFE_INTEGER };
    }
  };

/** The next deliveries of all partitions in common order; first the one within which the last page ended. */
async function newestDeliveries(
  ports: Pick<Ports, "store">,
  tenant: TenantShards,
  { limit, configId, since }: DeadLetterFilter & { readonly limit: number },
  position: DeadLetterPosition | undefined,
  now: number,
): Promise<Delivery[]> {
  const laterThan = Math.max(now - deadLetterMs, (since ?? 0) - 1);
  // `~` follows every character of an id: the delivery itself comes again, for the rest of its events.
  const isInside = position !== undefined && position.skip !== Number.MAX_SAFE_INTEGER;
  const after = position && { dead_at: position.dead_at, id: isInside ? `${position.id}~` : position.id };
  const pages = await Promise.all(
    partitionsOf(tenant.id, tenant.event_shards).map((pk) =>
      deadDeliveries(ports, pk, { direction: "desc", limit, configId, laterThan, after }),
    ),
  );
  const found = pages.flatMap(({ deliveries }) => deliveries);
  return found.sort(inOrder("desc")).slice(0, limit);
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
