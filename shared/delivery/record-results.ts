import type { Ports } from "../ports/ports.ts";
import { addCounts, hourOf } from "../usage/hour-counters.ts";
import { countChanges, type Delivery, deliveryId, dueAt, type EventDelivery, stateOf } from "./delivery.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "./messages.ts";
import { retryDelayMs } from "./retry.ts";
import type { AttemptResult } from "./send-requests.ts";

const triesMax = 20;

/** Whether an event still waits for this very attempt; otherwise somebody settled it, or has tried it since. */
export function isDue(delivery: Delivery, eventId: string, attempt: number): boolean {
  const event = delivery.events[eventId];
  return event?.outcome === "pending" && event.attempts.length === attempt;
}

/**
 * Writes what an attempt brought: outcomes, counters and the message of the next attempt, in one transaction. Where another
 * run of the same message was faster, its results stand.
 */
export async function recordResults(
  ports: Pick<Ports, "store" | "outbox" | "clock">,
  message: DispatchMessage,
  results: readonly AttemptResult[],
  bytesSent: number,
  random: () => number,
): Promise<void> {
  const chance = random();
  for (let tries = 0; tries < triesMax; tries++) {
    const stored = await ports.store.get<Delivery>("deliveries", message.pk, deliveryId(message.batch_id, message.config_id));
    const due = results.filter(({ event }) => stored !== undefined && isDue(stored.document, event.id, message.attempt));
    if (stored === undefined || due.length === 0) {
      return;
    }
    const before = stored.document;
    const nextAt = nextAttemptAt(message, due, ports.clock.now(), chance);
    const events = { ...before.events };
    for (const result of due) {
      events[result.event.id] = settle(before.events[result.event.id]!, result, nextAt);
    }
    const after: Delivery = { ...before, events, state: stateOf(events), due_at: dueAt(events, nextAt ?? ports.clock.now()) };
    const counts = { ...countChanges(before.events, events), bytes_sent: bytesSent };
    const again = due.map(({ event }) => event).filter((event) => events[event.id]?.outcome === "pending");
    const result = await ports.outbox.applyThenSend(
      "deliveries",
      message.pk,
      [
        { type: "replace", document: after, etag: stored.etag },
        addCounts(message.pk, message.config_id, hourOf(message.received_at), counts),
      ],
      again.length === 0 ? [] : [retryMessage(message, again, nextAt!)],
    );
    if (result.applied) {
      return;
    }
  }
  throw new Error("the delivery document keeps changing");
}

/** One time for all events of the attempt, so that they travel together again. */
function nextAttemptAt({ attempt }: DispatchMessage, due: readonly AttemptResult[], now: number, random: number): number | undefined {
  const waits = due.map(({ retryAfterMs }) => retryAfterMs ?? 0);
  const delay = retryDelayMs(attempt, Math.max(...waits), random);
  return delay === undefined ? undefined : Math.ceil(now + delay);
}

function settle(before: EventDelivery, result: AttemptResult, nextAt: number | undefined): EventDelivery {
  const { verdict, attempt, adjustments = before.adjustments, consent } = result;
  const attempts = attempt === undefined ? before.attempts : [...before.attempts, attempt];
  const common = { attempts, ...(adjustments === undefined ? {} : { adjustments }), ...(consent === undefined ? {} : { consent }) };
  switch (verdict.verdict) {
    case "retry": {
      if (nextAt === undefined) {
        return { outcome: "dead_lettered", reason: verdict.reason, ...common };
      }
      const tried = { ...attempts.at(-1)!, next_attempt_at: new Date(nextAt).toISOString() };
      return { outcome: "pending", reason: verdict.reason, ...common, attempts: [...attempts.slice(0, -1), tried] };
    }
    case "suppressed":
      return { outcome: "suppressed", reason: verdict.reason, detail: verdict.detail, ...common };
    case "dropped_by_provider":
    case "rejected":
    case "expired":
      return { outcome: verdict.verdict, reason: verdict.reason, ...common };
    case "split":
      throw new Error("a split is sent again before it is recorded");
    default:
      return { outcome: verdict.verdict, ...common };
  }
}

function retryMessage(message: DispatchMessage, events: DispatchMessage["events"], notBefore: number) {
  const { deferrals: _deferrals, ...others } = message;
  const body: DispatchMessage = { ...others, attempt: message.attempt + 1, events };
  return { queue: dispatchQueue(message.provider), id: dispatchMessageId(body), notBefore, body };
}
