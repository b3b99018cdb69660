import type { Delivery, EventDelivery } from "./delivery.ts";

/** Dead letters can be listed and sent again this long (spec 5.5); the outcome stays. */
export const deadLetterMs = 30 * 86_400_000;

/** Whether an event is a dead letter that can still be sent again. */
export function isDeadLetter({ outcome, dead_lettered_at }: EventDelivery, now: number): boolean {
  return outcome === "dead_lettered" && dead_lettered_at !== undefined && Date.parse(dead_lettered_at) > now - deadLetterMs;
}

/**
 * `dead_at` of a delivery. It never goes back while a dead letter is left: whoever walks deliveries in its order, oldest first, and sends
 * some events of each, misses none.
 */
export function deadAt(events: Delivery["events"], before: Delivery["dead_at"]): number | null {
  const times = Object.values(events).flatMap(({ outcome, dead_lettered_at }) =>
    outcome === "dead_lettered" && dead_lettered_at !== undefined ? [Date.parse(dead_lettered_at)] : [],
  );
  return times.length === 0 ? null : Math.max(before ?? 0, ...times);
}
