import { type Counts, outcomes } from "./hour-counters.ts";
import { latencyPercentile } from "./latency.ts";

/** Counters in the words of AnalyticsUsageMetrics (spec 7.1), with every outcome so that the sum can be checked. */
export function usageMetrics(counts: Counts) {
  const of = (name: string) => counts[name] ?? 0;
  const suppressed = Object.entries(counts).filter(([name]) => name.startsWith("suppressed_"));
  const known = outcomes.filter((outcome) => counts[outcome] !== undefined);
  return {
    events_received: of("received"),
    events_pending: of("pending"),
    events_delivered: of("delivered") + of("accepted_unverifiable"),
    events_suppressed: Object.fromEntries(suppressed.map(([name, value]) => [name.slice("suppressed_".length), value])),
    events_failed: of("rejected") + of("dead_lettered") + of("dropped_by_provider"),
    events_expired: of("expired"),
    events_erased: of("erased"),
    bytes_sent: of("bytes_sent"),
    /** From receipt to the provider's answer, within a factor of two; `null` when nothing was delivered. */
    accept_to_deliver_ms: { p50: latencyPercentile(counts, 0.5), p95: latencyPercentile(counts, 0.95) },
    /** How often the counters of an hour and partition were found wrong and put right. */
    corrections: of("corrections"),
    outcomes: Object.fromEntries(known.map((outcome) => [outcome, of(outcome)])),
  };
}
