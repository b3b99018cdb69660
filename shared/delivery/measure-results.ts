import type { Counts } from "../usage/hour-counters.ts";
import type { LastError } from "../usage/last-seen.ts";
import { latencyCounter } from "../usage/latency.ts";
import type { AttemptResult } from "./attempt-result.ts";
import type { EventDelivery } from "./delivery.ts";

type Events = Readonly<Record<string, EventDelivery>>;

/**
 * How long the events that were delivered had been on the way, from their receipt to the provider's answer, as counters. What a tenant had
 * sent again is left out: it was on the way for as long as the tenant liked.
 */
export function latenciesOf(results: readonly AttemptResult[], after: Events, receivedAt: string): Counts {
  const counts: Record<string, number> = {};
  for (const { event, verdict, attempt } of results) {
    const isDelivered = verdict.verdict === "delivered" || verdict.verdict === "accepted_unverifiable";
    if (attempt !== undefined && isDelivered && after[event.id]?.resent === undefined) {
      const counter = latencyCounter(Date.parse(attempt.at) + attempt.duration_ms - Date.parse(receivedAt));
      counts[counter] = (counts[counter] ?? 0) + 1;
    }
  }
  return counts;
}

/** What went wrong last in an attempt, if anything did. Suppressed and expired events are no errors. */
export function lastErrorOf(results: readonly AttemptResult[], after: Events, now: number): LastError | undefined {
  const failed = results.findLast(({ verdict }) => ["retry", "rejected", "dropped_by_provider"].includes(verdict.verdict));
  const settled = failed && after[failed.event.id];
  if (settled === undefined) {
    return undefined;
  }
  const { status, failure } = failed?.attempt ?? {};
  return {
    at: new Date(now).toISOString(),
    outcome: settled.outcome,
    reason: settled.reason ?? settled.outcome,
    ...(status === undefined ? {} : { status }),
    ...(failure === undefined ? {} : { failure }),
  };
}
