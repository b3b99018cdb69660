import { invalid } from "../problems/validate.ts";
import { daysOfHours, firstDayOfHours } from "./day-counters.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The longest span that is answered, in days. */
const daysMax = { hour: 31, day: 400 } as const;

/** Milliseconds since the epoch; both ends belong to it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The span that is asked for, by default the last 24 hours; by day it is of whole days (UTC), the first and the last included. Throws
 * `query-invalid` for one that ends before it begins, and `span-not-allowed` for one that is too long or of hours that are not kept any more, each
 * naming the field.
 */
export function usageSpan(asked: { from?: string | undefined; to?: string | undefined; bucket: "hour" | "day" }, now: number): Span {
  const to = asked.to === undefined ? now : Date.parse(asked.to);
  const from = asked.from === undefined ? to - 23 * hourMs : Date.parse(asked.from);
  if (from > to) {
    throw invalid("query-invalid", [{ pointer: "/from", detail: `before \`to\`${asked.to === undefined ? ", which is now" : ""}` }]);
  }
  if (to - from > daysMax[asked.bucket] * dayMs) {
    throw refused(`at most ${daysMax[asked.bucket]} days before \`to\`${asked.bucket === "hour" ? ", or with `bucket=day` more" : ""}`);
  }
  if (asked.bucket === "day") {
    return { from: Math.floor(from / dayMs) * dayMs, to: (Math.floor(to / dayMs) + 1) * dayMs - 1 };
  }
  if (from < Date.parse(firstDayOfHours(now))) {
    throw refused(`hours are kept ${daysOfHours} days; ask with \`bucket=day\``, asked.from === undefined ? "/to" : "/from");
  }
  return { from, to };
}

const refused = (detail: string, pointer = "/from") => invalid("span-not-allowed", [{ pointer, detail }]);
