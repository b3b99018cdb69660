import type { Config } from "../configs/config.ts";
import { filteredBy } from "../configs/filter.ts";
import { activeConfigs } from "../configs/read-configs.ts";
import { type EventBatch, retentionSeconds } from "../events/batch.ts";
import type { AddressedEvent, EventsMessage } from "../events/events-message.ts";
import type { Ports } from "../ports/ports.ts";
import { addCounts, hourOf } from "../usage/hour-counters.ts";
import { countChanges, type Delivery, deliveryId, dueAt, type EventDelivery, stateOf } from "./delivery.ts";
import { suppressionOf } from "./disposition.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "./messages.ts";

/**
 * Spreads a batch over the configs that it is for: per config a delivery document with every event's first outcome, the hour's
 * counters, and a message for what is to be sent, all in one transaction. Safe to run again for the same batch.
 */
export const fanOutEvents =
  (ports: Pick<Ports, "store" | "outbox">) =>
  async (batch: EventsMessage): Promise<void> => {
    const known = await ports.store.get<EventBatch>("deliveries", batch.pk, batch.batch_id);
    if (known?.document.config_ids !== undefined) {
      // Done, and sent; configs that changed since have nothing to do with it.
      return;
    }
    const configs = await addressedConfigs(ports, batch);
    await Promise.all(configs.map((config) => deliverTo(ports, batch, config)));
    const set = { config_ids: configs.map(({ id }) => id), due_at: null };
    await ports.store.patch("deliveries", batch.pk, batch.batch_id, { set });
  };

/** The tenant's active configs, and those that an event names, active or not. */
async function addressedConfigs(ports: Pick<Ports, "store">, { tenant_id, events }: EventsMessage): Promise<Config[]> {
  const active = await activeConfigs(ports, tenant_id);
  const named = new Set(events.map(({ config_id }) => config_id).filter((id) => id !== undefined));
  const others = await Promise.all(
    [...named].filter((id) => !active.some((config) => config.id === id)).map((id) => ports.store.get<Config>("configs", tenant_id, id)),
  );
  return [...active, ...others.flatMap((stored) => (stored === undefined ? [] : [stored.document]))].filter((config) =>
    events.some((event) => isFor(event, config)),
  );
}

function isFor(event: AddressedEvent, config: Config): boolean {
  if (event.config_id !== undefined) {
    return event.config_id === config.id;
  }
  return config.status === "active" && (event.provider === undefined || event.provider === config.provider);
}

async function deliverTo({ outbox }: Pick<Ports, "outbox">, batch: EventsMessage, config: Config): Promise<void> {
  const { tenant_id, batch_id, pk, received_at } = batch;
  const mine = batch.events.filter((event) => isFor(event, config));
  const events: Record<string, EventDelivery> = {};
  for (const event of mine) {
    events[event.id] = firstOutcome(event, config);
  }
  const head = { tenant_id, batch_id, pk, received_at, config_id: config.id, provider: config.provider };
  const delivery: Delivery = {
    ...head,
    id: deliveryId(batch_id, config.id),
    type: "delivery",
    state: stateOf(events),
    events,
    due_at: dueAt(events, Date.parse(received_at)),
    ttl: retentionSeconds,
  };
  const counts = { received: mine.length, ...countChanges({}, events) };
  const pending = mine.filter((event) => events[event.id]?.outcome === "pending").map(withoutAddressee);
  const body: DispatchMessage = { ...head, attempt: 0, events: pending };
  const message = { queue: dispatchQueue(config.provider), id: dispatchMessageId(body), body };
  const messages = pending.length === 0 ? [] : [message];
  const operations = [{ type: "create" as const, document: delivery }, addCounts(pk, config.id, hourOf(received_at), counts)];
  const result = await outbox.applyThenSend("deliveries", pk, operations, messages);
  if (!result.applied) {
    // Done by an earlier run that may have died before it sent. The same message id is swallowed, a settled event is skipped.
    await outbox.applyThenSend("deliveries", pk, [], messages);
  }
}

function firstOutcome(event: AddressedEvent, config: Config): EventDelivery {
  const reason = suppressionOf(event, config);
  if (reason === undefined) {
    return { outcome: "pending", attempts: [] };
  }
  const detail = reason === "filtered" && config.filter ? filteredBy(config.filter, event) : undefined;
  return { outcome: "suppressed", reason, ...(detail === undefined ? {} : { detail }), attempts: [] };
}

function withoutAddressee({ provider: _provider, config_id: _config, ...event }: AddressedEvent): DispatchMessage["events"][number] {
  return event;
}
