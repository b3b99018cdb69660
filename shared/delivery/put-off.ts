import type { DeliverableEvent } from "../events/event.ts";
import type { Ports } from "../ports/ports.ts";
import { type Delivery, deliveryId, dueAt, type EventDelivery, eventDueAt } from "./delivery.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "./messages.ts";
import { isDue } from "./record-results.ts";

const triesMax = 20;
/** The sweeper looks for what is two minutes late: what is put off for less need not say so. */
const unsaidMs = 60_000;

/** What a message waits for. */
export interface Wait {
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Nothing could be sent however short the line: only such time counts in `put_off_since`. */
  readonly isOutage?: boolean;
  readonly deferrals?: number | undefined;
}

/**
 * Sends a message's events again for later, as the same attempt: the copy is another message, which queues don't swallow. The events' due
 * times move along, so that the sweeper does not take them for lost. What was settled meanwhile is left out. Throws when the copy can't be
 * sent: the message in hand still has what is stored nowhere.
 */
export async function putOff(
  ports: Pick<Ports, "store" | "queue" | "clock">,
  message: DispatchMessage,
  events: readonly DeliverableEvent[],
  wait: Wait,
): Promise<void> {
  for (let tries = 0; tries < triesMax; tries++) {
    const stored = await ports.store.get<Delivery>("deliveries", message.pk, deliveryId(message.batch_id, message.config_id));
    const due = events.filter(({ id }) => stored !== undefined && isDue(stored.document, id, message));
    if (stored === undefined || due.length === 0) {
      return;
    }
    const set = dueLater(stored.document, due, wait.notBefore);
    const noted = set === undefined || (await ports.store.patch("deliveries", message.pk, stored.document.id, { set }, stored.etag));
    if (typeof noted !== "string") {
      const body = copyFor(message, due, wait, ports.clock.now());
      const copy = { queue: dispatchQueue(message.provider), id: dispatchMessageId(body), notBefore: wait.notBefore, body };
      return ports.queue.send([copy]);
    }
  }
  throw new Error("the delivery document keeps changing");
}

/** What the delivery must say of these events, unless it says nearly as much. */
function dueLater(
  { events, due_at }: Delivery,
  due: readonly DeliverableEvent[],
  notBefore: number,
): Pick<Delivery, "events" | "due_at"> | undefined {
  const first = due_at ?? notBefore;
  const at = new Date(notBefore).toISOString();
  if (due.every(({ id }) => notBefore <= eventDueAt(events[id]!, first) + unsaidMs)) {
    return undefined;
  }
  const sooner = due.filter(({ id }) => eventDueAt(events[id]!, first) < notBefore);
  const later = { ...events, ...Object.fromEntries(sooner.map(({ id }): [string, EventDelivery] => [id, { ...events[id]!, due_at: at }])) };
  return { events: later, due_at: dueAt(later, first) };
}

function copyFor(
  { deferrals: _deferrals, put_offs = 0, put_off_since: since, ...others }: DispatchMessage,
  events: readonly DeliverableEvent[],
  { notBefore, isOutage = false, deferrals }: Wait,
  now: number,
): DispatchMessage {
  const ms = isOutage || since === undefined ? 0 : notBefore - now;
  const put_off_since = since === undefined ? (isOutage ? now : undefined) : since + ms;
  return {
    ...others,
    put_offs: put_offs + 1,
    ...(put_off_since === undefined ? {} : { put_off_since }),
    ...(deferrals === undefined ? {} : { deferrals }),
    events,
  };
}
