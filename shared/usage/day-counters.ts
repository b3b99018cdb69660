import type { Counts } from "./hour-counters.ts";

/** Hours are kept this long, then a day's are added up: longer than a retry or a dead letter lives, and than anyone looks at hours. */
export const daysOfHours = 92;
const dayMs = 86_400_000;

/**
 * What was counted in the hours of one UTC day that are over long since, in one partition. Kept for good: raw events expire, sums
 * do not (spec 6.3). An hour that changes later gets counters anew, which count beside those here until they are added too.
 */
export interface DayCounters {
  readonly id: string;
  readonly pk: string;
  readonly type: "usage_day";
  readonly last_event_at?: string;
  readonly [counter: string]: number | string | undefined;
}

/** `2026-11-21`. */
export const dayOf = (isoTime: string): string => isoTime.slice(0, 10);

/** The id of a config's counters of a day; ids sort by day. */
export const dayCountersId = (configId: string, day: string): string => `usage-day:${configId}:${day}`;

/** The first day (UTC) that still has its hours. */
export const firstDayOfHours = (now: number): string => dayOf(new Date(now - daysOfHours * dayMs).toISOString());

/** The operation that adds the hours of a day to its counters. */
export function addToDay(pk: string, configId: string, day: string, by: Counts, lastEventAt: string | undefined) {
  const initial: DayCounters = { id: dayCountersId(configId, day), pk, type: "usage_day" };
  return { type: "increment" as const, initial, by, ...(lastEventAt === undefined ? {} : { set: { last_event_at: lastEventAt } }) };
}
