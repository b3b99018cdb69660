import { createHash } from "node:crypto";
import type { Report } from "../adjustments.ts";
import { cutChars } from "../text.ts";

/** Whether a value says nothing: absent, not a loss. GA4 refuses `null`, and joins all purchases whose id is empty. */
export const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === "";

/** A text or number as a parameter, or `undefined` for what can't be one: objects and lists. `name` is only for the report. */
export function scalarOf(value: unknown, charsMax: number, name: string, report: Report): string | number | undefined {
  if (typeof value === "string") {
    if (value.length > charsMax) {
      report([name], "cut", `to ${charsMax} characters`);
    }
    return cutChars(value.toWellFormed(), charsMax);
  }
  if (typeof value === "boolean") {
    report([name], "converted", "to text");
    return String(value);
  }
  if (typeof value === "number" && Number.isFinite(value)) {
    return value;
  }
  report([name], "dropped", "neither text nor number");
  return undefined;
}

/** A number, also one written as text. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** An id of at most so many characters. A longer one becomes its SHA-256, since two long ids may begin alike. */
export function idText(value: unknown, charsMax: number): string | undefined {
  const isId = (typeof value === "string" && value.trim() !== "") || (typeof value === "number" && Number.isFinite(value));
  const text = isId ? String(value).toWellFormed() : "";
  return text.length > charsMax ? createHash("sha256").update(text).digest("hex") : text || undefined;
}
