import type { DeliverableEvent } from "../events/event.ts";
import type { Ports } from "../ports/ports.ts";
import { type Delivery, deliveryId } from "./delivery.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "./messages.ts";
import { isDue } from "./record-results.ts";

const triesMax = 20;
/** The sweeper looks for what is two minutes late: what is put off for less need not say so. */
const unsaidMs = 60_000;

/**
 * Sends a message's events again for later, as the same attempt: the copy is another message, which queues don't swallow. The delivery's due
 * time moves along, so that the sweeper does not take it for lost. What was settled meanwhile is left out.
 * @param notBefore milliseconds since the epoch
 */
export async function putOff(
  ports: Pick<Ports, "store" | "outbox" | "clock">,
  message: DispatchMessage,
  events: readonly DeliverableEvent[],
  notBefore: number,
): Promise<void> {
  for (let tries = 0; tries < triesMax; tries++) {
    const stored = await ports.store.get<Delivery>("deliveries", message.pk, deliveryId(message.batch_id, message.config_id));
    const due = events.filter(({ id }) => stored !== undefined && isDue(stored.document, id, message));
    if (stored === undefined || due.length === 0) {
      return;
    }
    const { id, due_at } = stored.document;
    const isSaid = notBefore <= (due_at ?? 0) + unsaidMs;
    const operations = isSaid ? [] : [{ type: "patch" as const, id, changes: { set: { due_at: notBefore } }, etag: stored.etag }];
    const copy = copyFor(message, due, ports.clock.now());
    const sent = { queue: dispatchQueue(message.provider), id: dispatchMessageId(copy), notBefore, body: copy };
    const result = await ports.outbox.applyThenSend("deliveries", message.pk, operations, [sent]);
    if (result.applied) {
      return;
    }
  }
  throw new Error("the delivery document keeps changing");
}

function copyFor(message: DispatchMessage, events: readonly DeliverableEvent[], now: number): DispatchMessage {
  const { deferrals: _deferrals, put_offs = 0, put_off_since = now, ...others } = message;
  return { ...others, put_offs: put_offs + 1, put_off_since, events };
}
