import type { Stored } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { addCounts, type Counts, hourOf, outcomes } from "../usage/hour-counters.ts";
import { noteError } from "../usage/last-seen.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { deadAt } from "./dead-letter.ts";
import { type Attempt, countChanges, type Delivery, deliveryId, dueAt, type EventDelivery, stateOf, withoutNulls } from "./delivery.ts";
import { lastErrorOf, latenciesOf } from "./measure-results.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "./messages.ts";
import { retryDelayMs } from "./retry.ts";

const triesMax = 20;

/** Whether an event still waits for this very attempt; otherwise somebody settled it, has tried it since, or had it sent again. */
export function isDue(delivery: Delivery, eventId: string, { attempt, resend }: Pick<DispatchMessage, "attempt" | "resend">): boolean {
  const event = delivery.events[eventId];
  return event?.outcome === "pending" && event.attempts.length === attempt && event.resent?.by === resend?.by;
}

/**
 * Writes what an attempt brought: outcomes, counters and the message of the next attempt, in one transaction. Where another
 * run of the same message was faster, its results stand. Answers by how much each outcome changed.
 * @param known the delivery as it was before the attempt, which usually is how it still is
 */
export async function recordResults(
  ports: Pick<Ports, "store" | "outbox" | "clock" | "telemetry">,
  message: DispatchMessage,
  results: readonly AttemptResult[],
  bytesSent: number,
  random: () => number,
  known?: Stored<Delivery>,
): Promise<Counts> {
  const chance = random();
  for (let tries = 0; tries < triesMax; tries++) {
    const isFirst = tries === 0 && known !== undefined;
    const stored = isFirst
      ? known
      : await ports.store.get<Delivery>("deliveries", message.pk, deliveryId(message.batch_id, message.config_id));
    const due = results.filter(({ event }) => stored !== undefined && isDue(stored.document, event.id, message));
    if (stored === undefined || due.length === 0) {
      return {};
    }
    const before = stored.document;
    const now = ports.clock.now();
    const nextAt = nextAttemptAt(message, due, now, chance);
    const events = { ...before.events };
    for (const result of due) {
      events[result.event.id] = settle(before.events[result.event.id]!, asSent(result, message), nextAt, now);
    }
    const { sweeps: _over, ...kept } = before;
    const due_at = dueAt(events, before.due_at ?? now);
    const after: Delivery = { ...kept, events, state: stateOf(events), due_at, dead_at: deadAt(events, before.dead_at) };
    const changes = countChanges(before.events, events);
    const counts = { ...changes, ...latenciesOf(due, events, message.received_at), bytes_sent: bytesSent };
    const error = lastErrorOf(due, events, now);
    const again = due.map(({ event }) => event).filter((event) => events[event.id]?.outcome === "pending");
    const result = await ports.outbox.applyThenSend(
      "deliveries",
      message.pk,
      [
        { type: "replace", document: withoutNulls(after), etag: stored.etag },
        addCounts(message.pk, message.config_id, hourOf(message.received_at), counts),
        ...(error === undefined ? [] : [noteError(message.pk, message.config_id, error)]),
      ],
      again.length === 0 ? [] : [retryMessage(message, again, nextAt!)],
    );
    if (result.applied) {
      countOutcomes(ports.telemetry, message.provider, changes, again.length);
      return changes;
    }
  }
  throw new Error("the delivery document keeps changing");
}

function countOutcomes(telemetry: Ports["telemetry"], provider: string, changes: Counts, retries: number): void {
  for (const outcome of outcomes) {
    const settled = changes[outcome] ?? 0;
    if (settled > 0) {
      telemetry?.count("carreau_deliveries_total", { provider, outcome }, settled);
    }
  }
  if (retries > 0) {
    telemetry?.count("carreau_delivery_retries_total", { provider }, retries);
  }
}

/** One time for all events of the attempt, so that they travel together again. */
function nextAttemptAt(
  { attempt, resend }: DispatchMessage,
  due: readonly AttemptResult[],
  now: number,
  random: number,
): number | undefined {
  const waits = due.map(({ retryAfterMs }) => retryAfterMs ?? 0);
  if (due.some(({ isLast }) => isLast)) {
    return undefined;
  }
  const delay = retryDelayMs(attempt - (resend?.from_attempt ?? 0), Math.max(...waits), random);
  return delay === undefined ? undefined : Math.ceil(now + delay);
}

/** What the receipt must say of an attempt without visitors' addresses. */
function asSent(result: AttemptResult, { without_addresses }: DispatchMessage): AttemptResult {
  const attempt: Attempt | undefined = result.attempt && { ...result.attempt, without_address: true };
  return attempt === undefined || without_addresses === undefined ? result : { ...result, attempt };
}

function settle(before: EventDelivery, result: AttemptResult, nextAt: number | undefined, now: number): EventDelivery {
  const { verdict, attempt, adjustments = before.adjustments, consent } = result;
  const attempts = attempt === undefined ? before.attempts : [...before.attempts, attempt];
  const common = {
    attempts,
    ...(before.resent === undefined ? {} : { resent: before.resent }),
    ...(adjustments === undefined ? {} : { adjustments }),
    ...(consent === undefined ? {} : { consent }),
  };
  switch (verdict.verdict) {
    case "retry": {
      if (nextAt === undefined) {
        return { outcome: "dead_lettered", reason: verdict.reason, dead_lettered_at: new Date(now).toISOString(), ...common };
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
  const { deferrals: _deferrals, put_offs: _putOffs, put_off_since: _since, ...others } = message;
  const body: DispatchMessage = { ...others, attempt: message.attempt + 1, events };
  return { queue: dispatchQueue(message.provider), id: dispatchMessageId(body), notBefore, body };
}
