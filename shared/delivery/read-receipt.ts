import type { EventBatch } from "../events/batch.ts";
import { publicEvent, readEvents } from "../events/read-events.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { partitionOf, type TenantShards } from "../tenants/partition.ts";
import { type Delivery, deliveryId } from "./delivery.ts";

/** What arrived and what became of it at each config (spec 3.7). `fanned_out` is false until the event's configs are known. */
export const readReceipt = (ports: Pick<Ports, "store">) => async (tenant: TenantShards, eventId: string) => {
  const found = (await readEvents(ports, tenant, [eventId])).get(eventId);
  if (found === undefined) {
    throw new Problem("not-found", "no event has this id, or it has expired");
  }
  const { batch_id } = found;
  const pk = partitionOf(tenant.id, tenant.event_shards, batch_id);
  const batch = (await ports.store.get<EventBatch>("deliveries", pk, batch_id))?.document;
  const configIds = batch?.config_ids ?? [];
  const stored = await Promise.all(configIds.map((id) => ports.store.get<Delivery>("deliveries", pk, deliveryId(batch_id, id))));
  const deliveries: Record<string, object> = {};
  for (const delivery of stored) {
    const event = delivery?.document.events[eventId];
    if (delivery !== undefined && event !== undefined) {
      deliveries[delivery.document.config_id] = { provider: delivery.document.provider, ...event };
    }
  }
  return { ...publicEvent(found), fanned_out: batch?.config_ids !== undefined, deliveries };
};
