import type { Report } from "../adjustments.ts";
import { cutBytes } from "../text.ts";

/** Query parameters of a tracking request; absent ones are not sent. */
export type Params = Readonly<Record<string, string | undefined>>;

/** What happened, in the server's parameters, and the names of the event's properties that say it. */
export interface Action {
  readonly params: Params;
  readonly used: readonly string[];
}

/**
 * The server stores so much of titles and names (`page_maximum_length` of config/global.ini.php) and cuts between bytes; cut here,
 * no character is halved.
 */
const textBytesMax = 1024;

/** A text without control characters and outer spaces, which the server strips, or `undefined` when nothing is left. */
export function plainText(value: unknown): string | undefined {
  const text = typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);
  return (
    text
      .replace(/\p{Cc}+/gu, " ")
      .trim()
      .toWellFormed() || undefined
  );
}

/** A text that says something to the server, which takes "0" for nothing where PHP's `empty()` asks. Numbers may be ids. */
export function textOf(value: unknown): string | undefined {
  const text = typeof value === "string" || typeof value === "number" ? plainText(value) : undefined;
  return text === "0" ? undefined : text;
}

/** A text no longer than the server stores. */
export function shortText(value: unknown, path: readonly string[], report: Report): string | undefined {
  const text = textOf(value);
  if (text === undefined || Buffer.byteLength(text) <= textBytesMax) {
    return text;
  }
  report(path, "cut", `to ${textBytesMax} bytes`);
  return cutBytes(text, textBytesMax).trim();
}

/**
 * A number as the server takes it. It compares the text with PHP's own spelling, of 14 digits, and drops the number when they differ
 * (`getRequestVar` in core/Common.php).
 */
export function decimal(value: unknown): string | undefined {
  return typeof value === "number" && Number.isFinite(value) ? String(Number(value.toPrecision(14))) : undefined;
}
