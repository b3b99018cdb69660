import type { WriteOperation } from "../ports/document-store.ts";

/** What can become of an event at one config (spec 3.8); a closed list. */
export const outcomes = [
  "pending",
  "delivered",
  "accepted_unverifiable",
  "suppressed",
  "dropped_by_provider",
  "rejected",
  "dead_lettered",
  "expired",
  "erased",
] as const;
export type Outcome = (typeof outcomes)[number];

/** Numbers by counter name: `received`, an outcome, `suppressed_<reason>`, `bytes_sent`. */
export type Counts = Readonly<Record<string, number>>;

/**
 * One config's counters of one hour (UTC, by the time of receipt), in one partition; the sum over partitions is the truth.
 * They change in the same transaction as the outcomes they count, so received = Σ outcomes at any moment.
 */
export interface HourCounters {
  readonly id: string;
  readonly pk: string;
  readonly type: "usage";
  readonly [counter: string]: number | string;
}

/** `2026-11-21T07`. */
export const hourOf = (isoTime: string): string => isoTime.slice(0, 13);

/** The id of a config's counters of an hour; ids sort by hour. */
export const countersId = (configId: string, hour: string): string => `usage:${configId}:${hour}`;

/** The operation that adds to a config's counters of an hour. */
export function addCounts(pk: string, configId: string, hour: string, by: Counts): WriteOperation {
  return { type: "increment", initial: { id: countersId(configId, hour), pk, type: "usage" } as HourCounters, by };
}

/** One event more (or, with -1, less) of an outcome; a suppressed one is counted by reason too. */
export function count(into: Record<string, number>, outcome: Outcome, reason: string | undefined, by: 1 | -1): void {
  into[outcome] = (into[outcome] ?? 0) + by;
  if (outcome === "suppressed" && reason !== undefined) {
    into[`suppressed_${reason}`] = (into[`suppressed_${reason}`] ?? 0) + by;
  }
}

/** Whether received = Σ outcomes. */
export function isBalanced(counts: Counts): boolean {
  return (counts["received"] ?? 0) === outcomes.reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0);
}
