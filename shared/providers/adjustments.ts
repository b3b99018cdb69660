import type { Adjustment } from "./definition.ts";

/** Takes note of one change, at a path from the part of the event at hand. */
export type Report = (path: readonly string[], change: Adjustment["change"], detail: string) => void;

/** A report for what stands further down. */
export const under =
  (report: Report, ...parents: readonly string[]): Report =>
  (path, change, detail) =>
    report([...parents, ...path], change, detail);

/** The report of one event, kept in a list. */
export const reportInto =
  (adjustments: Adjustment[], event: number): Report =>
  (path, change, detail) => {
    const pointer = path.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
    adjustments.push({ event, pointer, change, detail });
  };
