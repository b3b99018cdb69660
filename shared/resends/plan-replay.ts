import type { Config } from "../configs/config.ts";
import { type Delivery, deliveryId, type EventDelivery } from "../delivery/delivery.ts";
import type { EventBatch } from "../events/batch.ts";
import { type FoundEvent, readEvents } from "../events/read-events.ts";
import type { Ports } from "../ports/ports.ts";
import type { TenantShards } from "../tenants/partition.ts";
import { obstacleIn, type Plan, PlanDraft } from "./plan.ts";
import { publicId, type ReplayRequest, type Resend, type Unit } from "./resend.ts";

/** Which events of a batch go (again) to the config of a replay. */
export async function planReplay(
  ports: Pick<Ports, "store" | "clock">,
  tenant: TenantShards,
  resend: Resend,
  unit: Unit,
  configOf: (id: string) => Promise<Config | undefined>,
): Promise<Plan> {
  const draft = new PlanDraft();
  const request = resend.request as ReplayRequest;
  const batch = await ports.store.get<EventBatch>("deliveries", unit.pk, unit.id);
  if (batch === undefined) {
    return draft.plan();
  }
  const { event_ids, config_ids } = batch.document;
  const found = await readEvents(ports, tenant, event_ids);
  const before = await ports.store.get<Delivery>("deliveries", unit.pk, deliveryId(unit.id, request.config_id));
  const config = await configOf(request.config_id);
  const obstacle = obstacleIn(before?.document, config, ports.clock.now());
  for (const id of event_ids) {
    const event = found.get(id);
    if (event === undefined ? request.event_names !== undefined : !isMeant(event, batch.document, request)) {
      continue;
    }
    const known = before?.document.events[id];
    if (known?.resent?.by === publicId(resend)) {
      draft.markDone();
      continue;
    }
    const reason =
      (config_ids === undefined ? "on_its_way" : settledReason(known, request.again)) ??
      (event !== undefined && isForOthers(event, request.config_id, config) ? "addressed_elsewhere" : undefined) ??
      obstacle(event, known);
    if (reason === undefined) {
      draft.send(event!);
    } else {
      draft.skip(reason);
    }
  }
  return draft.plan(config && { batch, config, before });
}

/** An event that names another batch was posted again there, and belongs to it. */
const isMeant = (event: FoundEvent, { id }: EventBatch, { event_names }: ReplayRequest): boolean =>
  event.batch_id === id && (event_names === undefined || event_names.includes(event.event_name));

/** Why what became of an event at the config stands. */
function settledReason(known: EventDelivery | undefined, again: boolean): string | undefined {
  switch (known?.outcome) {
    case "pending":
      return "on_its_way";
    case "erased":
      return "erased";
    case "delivered":
    case "accepted_unverifiable":
      return again ? undefined : known.outcome;
    default:
      return undefined;
  }
}

/** Whether its sender said that it is for another config or provider. */
function isForOthers({ config_id, provider }: FoundEvent, configId: string, config: Config | undefined): boolean {
  return config_id === undefined ? provider !== undefined && config !== undefined && provider !== config.provider : config_id !== configId;
}
