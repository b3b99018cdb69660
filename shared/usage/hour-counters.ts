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

/** Numbers by counter name: `received`, an outcome, `suppressed_<reason>`, `bytes_sent`, `latency_<bucket>`, `corrections`. */
export type Counts = Readonly<Record<string, number>>;

/**
 * One config's counters of one hour (UTC, by the time of receipt), in one partition; the sum over partitions is the truth.
 * They change in the same transaction as the outcomes they count, so received = Σ outcomes at any moment.
 */
export interface HourCounters {
  readonly id: string;
  readonly pk: string;
  readonly type: "usage";
  /** When the batch was received that was counted last: the newest one of the hour but for batches that overtook each other. */
  readonly last_event_at?: string;
  readonly [counter: string]: number | string | undefined;
}

/** `2026-11-21T07`. */
export const hourOf = (isoTime: string): string => isoTime.slice(0, 13);

/** The id of a config's counters of an hour; ids sort by hour. */
export const countersId = (configId: string, hour: string): string => `usage:${configId}:${hour}`;

/** The config and the hour that counters are of. */
export function configAndHourOf(id: string): readonly [configId: string, hour: string] {
  // An hour has no colon.
  const last = id.lastIndexOf(":");
  return [id.slice("usage:".length, last), id.slice(last + 1)];
}

/** The operation that adds to a config's counters of an hour, and notes when its last event was received. */
export function addCounts(pk: string, configId: string, hour: string, by: Counts, lastEventAt?: string): WriteOperation {
  const initial: HourCounters = { id: countersId(configId, hour), pk, type: "usage" };
  return { type: "increment", initial, by, ...(lastEventAt === undefined ? {} : { set: { last_event_at: lastEventAt } }) };
}

/** What of a document with counters are counters. */
export function countsOf(document: object): Counts {
  return Object.fromEntries(Object.entries(document).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

/** The counters that the books consist of, those that are not 0: `received`, outcomes, and reasons of what was suppressed. */
export function booksOf(counts: Counts): Counts {
  const isOfBooks = (name: string) => name === "received" || isOutcome(name) || name.startsWith("suppressed_");
  return Object.fromEntries(Object.entries(counts).filter(([name, value]) => value !== 0 && isOfBooks(name)));
}

const isOutcome = (name: string): name is Outcome => (outcomes as readonly string[]).includes(name);

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
