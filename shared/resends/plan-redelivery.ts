import type { Config } from "../configs/config.ts";
import { isDeadLetter } from "../delivery/dead-letter.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { isWanted } from "../delivery/list-dead-letters.ts";
import type { EventBatch } from "../events/batch.ts";
import { readEvents } from "../events/read-events.ts";
import type { Ports } from "../ports/ports.ts";
import type { TenantShards } from "../tenants/partition.ts";
import { obstacleIn, type Plan, PlanDraft } from "./plan.ts";
import { publicId, type RedeliveryRequest, type Resend, type Unit } from "./resend.ts";

/** Which dead letters of a delivery go again. Those set aside after the redelivery was asked for are not meant. */
export async function planRedelivery(
  ports: Pick<Ports, "store" | "clock">,
  tenant: TenantShards,
  resend: Resend,
  unit: Unit,
  configOf: (id: string) => Promise<Config | undefined>,
): Promise<Plan> {
  const draft = new PlanDraft();
  const before = await ports.store.get<Delivery>("deliveries", unit.pk, unit.id);
  const delivery = before?.document;
  const batch = delivery && (await ports.store.get<EventBatch>("deliveries", unit.pk, delivery.batch_id));
  if (delivery === undefined || batch === undefined) {
    return draft.plan();
  }
  if (unit.event_ids === undefined && wasWorkedOn(delivery, resend)) {
    return draft.plan();
  }
  const now = ports.clock.now();
  const filter = filterOf(resend.request as RedeliveryRequest);
  const isMeant = (event: Delivery["events"][string]) =>
    isDeadLetter(event, now) && event.dead_lettered_at! <= resend.created_at && isWanted(filter, delivery, event);
  const named = unit.event_ids ?? Object.keys(delivery.events);
  const dead = named.filter((id) => delivery.events[id] !== undefined && isMeant(delivery.events[id]));
  const found = await readEvents(ports, tenant, dead);
  const config = dead.length === 0 ? undefined : await configOf(delivery.config_id);
  const obstacle = obstacleIn(delivery, config, now);
  for (const id of named) {
    const event = delivery.events[id];
    if (event?.resent?.by === publicId(resend)) {
      draft.markDone();
    } else if (event === undefined || !isMeant(event)) {
      if (unit.event_ids !== undefined && event !== undefined) {
        draft.skip(isDeadLetter(event, now) ? "not_selected" : "not_dead_lettered");
      }
    } else {
      const reason = obstacle(found.get(id), event);
      if (reason === undefined) {
        draft.send(found.get(id)!);
      } else {
        draft.skip(reason);
      }
    }
  }
  return draft.plan(config && { batch, config, before });
}

/** Whether an earlier step did and counted all that was meant: a dead letter that came later moves a delivery to the end of the walk. */
function wasWorkedOn({ events }: Delivery, resend: Resend): boolean {
  return Object.values(events).some(({ resent }) => resent?.by === publicId(resend) && (resent.step ?? resend.step) < resend.step);
}

function filterOf({ config_id, reason, since, until }: RedeliveryRequest) {
  const time = (iso: string | undefined) => (iso === undefined ? undefined : Date.parse(iso));
  return { configId: config_id, reason, since: time(since), until: time(until) };
}
