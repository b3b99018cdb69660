import type { Config } from "../configs/config.ts";
import { filteredBy } from "../configs/filter.ts";
import { isDeliverable } from "../configs/lifecycle.ts";
import { deliverableConfigs } from "../configs/read-configs.ts";
import { type EventBatch, retentionSeconds } from "../events/batch.ts";
import { type AddressedEvent, type EventsMessage, eventsQueue, withoutAddressee } from "../events/events-message.ts";
import type { Ports } from "../ports/ports.ts";
import { addCounts, hourOf } from "../usage/hour-counters.ts";
import { total } from "../usage/read-usage.ts";
import { countChanges, type Delivery, deliveryId, dueAt, type EventDelivery, stateOf } from "./delivery.ts";
import { suppressionOf } from "./disposition.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "./messages.ts";
import { type MessageContext, watchMessage } from "./watch-message.ts";

type FanOutPorts = Pick<Ports, "store" | "outbox" | "clock" | "telemetry">;

/**
 * Spreads a batch over the configs that it is for: per config a delivery document with every event's first outcome, the hour's
 * counters, and a message for what is to be sent, all in one transaction. Safe to run again for the same batch.
 */
export const fanOutEvents =
  (ports: FanOutPorts) =>
  (batch: EventsMessage, context: MessageContext): Promise<void> =>
    watchMessage(ports, eventsQueue, batch, context, async (log, span) => {
      const startedAt = ports.clock.now();
      const known = await ports.store.get<EventBatch>("deliveries", batch.pk, batch.batch_id);
      if (known?.document.config_ids !== undefined) {
        // Done, and sent; configs that changed since have nothing to do with it.
        return;
      }
      const configs = await addressedConfigs(ports, batch);
      const firsts = await Promise.all(configs.map((config) => deliverTo(ports, batch, config, span.traceparent)));
      const set = { config_ids: configs.map(({ id }) => id), due_at: null };
      await ports.store.patch("deliveries", batch.pk, batch.batch_id, { set });
      const durationMs = ports.clock.now() - startedAt;
      ports.telemetry?.observe("carreau_fan_out_duration_seconds", {}, durationMs / 1000);
      log.info({
        event: "fan_out",
        tenant_id: batch.tenant_id,
        batch_id: batch.batch_id,
        events: batch.events.length,
        configs: configs.length,
        outcomes: total(firsts),
        duration_ms: durationMs,
      });
    });

/** The tenant's configs that are sent events, and those that an event names, whatever their status. */
async function addressedConfigs(ports: Pick<Ports, "store">, { tenant_id, events }: EventsMessage): Promise<Config[]> {
  const deliverable = await deliverableConfigs(ports, tenant_id);
  const named = new Set(events.map(({ config_id }) => config_id).filter((id) => id !== undefined));
  const others = await Promise.all(
    [...named]
      .filter((id) => !deliverable.some((config) => config.id === id))
      .map((id) => ports.store.get<Config>("configs", tenant_id, id)),
  );
  return [...deliverable, ...others.flatMap((stored) => (stored === undefined ? [] : [stored.document]))].filter((config) =>
    events.some((event) => isFor(event, config)),
  );
}

function isFor(event: AddressedEvent, config: Config): boolean {
  if (event.config_id !== undefined) {
    return event.config_id === config.id;
  }
  return isDeliverable(config.status) && (event.provider === undefined || event.provider === config.provider);
}

/** Answers how many events have which first outcome. */
async function deliverTo(
  { outbox, telemetry }: FanOutPorts,
  batch: EventsMessage,
  config: Config,
  traceparent: string,
): Promise<Readonly<Record<string, number>>> {
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
  const changes = countChanges({}, events);
  const counts = { received: mine.length, ...changes };
  const pending = mine.filter((event) => events[event.id]?.outcome === "pending").map(withoutAddressee);
  const traces = {
    ...(traceparent === "" ? {} : { traceparent }),
    ...(batch.trace_links === undefined ? {} : { trace_links: batch.trace_links }),
  };
  const body: DispatchMessage = { ...head, ...traces, attempt: 0, events: pending };
  const message = { queue: dispatchQueue(config.provider), id: dispatchMessageId(body), body };
  const messages = pending.length === 0 ? [] : [message];
  const operations = [{ type: "create" as const, document: delivery }, addCounts(pk, config.id, hourOf(received_at), counts, received_at)];
  const result = await outbox.applyThenSend("deliveries", pk, operations, messages);
  if (!result.applied) {
    // Done by an earlier run that may have died before it sent. The same message id is swallowed, a settled event is skipped.
    await outbox.applyThenSend("deliveries", pk, [], messages);
  } else if (changes["suppressed"] !== undefined) {
    telemetry?.count("carreau_deliveries_total", { provider: config.provider, outcome: "suppressed" }, changes["suppressed"]);
  }
  return changes;
}

function firstOutcome(event: AddressedEvent, config: Config): EventDelivery {
  const reason = suppressionOf(event, config);
  if (reason === undefined) {
    return { outcome: "pending", attempts: [] };
  }
  const detail = reason === "filtered" && config.filter ? filteredBy(config.filter, event) : undefined;
  return { outcome: "suppressed", reason, ...(detail === undefined ? {} : { detail }), attempts: [] };
}
