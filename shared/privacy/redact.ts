import { undoEscapes } from "./undo-escapes.ts";
import { charsNoAccident, withoutValues } from "./without-values.ts";

const charsMax = 300;
/** So much is searched for values, and so much of what is left for what looks personal. */
const charsRead = 16 * charsMax;
const charsLeft = 4 * charsMax;

/**
 * A provider's answer fit to be kept: short, on one line, without escapes, and without what it may have echoed of the request.
 * @param secrets what the request was sent with, which an error page may show as part of a URL or a body
 * @param personal what the request said of visitors
 */
export function redactAnswer(text: string, secrets: readonly string[] = [], personal: readonly string[] = []): string {
  const plain = withoutSecrets(onOneLine(cut(withoutSecrets(text, secrets), charsRead)), secrets);
  const values = personal.map(onOneLine);
  const long = values.filter(({ length }) => length >= charsNoAccident);
  const short = values.filter(({ length }) => length < charsNoAccident);
  // Short values last: one that is part of an address would hide the rest of it.
  const searched = withoutLooks(cut(withoutValues(plain, long, markOf), charsLeft));
  return withoutValues(searched, short, markOf).trim().slice(0, charsMax);
}

const onOneLine = (text: string): string => undoEscapes(text).replace(/[\p{Cc}\s]+/gu, " ");

/** The beginning of a text, without the piece in which it ends: half an address is not recognised. */
const cut = (text: string, max: number): string => (text.length <= max ? text : text.slice(0, max).replace(/[^\s"'<>,&]*$/, ""));

/** The text without what looks like somebody, or like a credential. */
const withoutLooks = (text: string): string =>
  text
    .replace(/[^\s@"'<>]+@[^\s@"'<>]+\.[a-z]{2,}/gi, "[REDACTED_EMAIL]")
    .replace(/(?<!\d)(?:\d{1,3}\.){3}\d{1,3}(?!\d)/g, "[REDACTED_IP]")
    .replace(/(?<![a-z0-9])(?=:*[0-9a-f])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![a-z0-9])/gi, "[REDACTED_IP]")
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "[REDACTED_JWT]")
    .replace(/Mozilla\/[^"'<>]*/g, "[REDACTED_USER_AGENT]")
    .replace(/\b[0-9a-f]{32,}\b|\b[\w-]{40,}\b|\b(?=[a-f]*\d)[0-9a-f]{16}\b/gi, "[REDACTED_KEY]")
    .replace(/(?<![\w.+-])(?!\d{4}-\d\d-\d\d)(?:\+|\(\+?)?\d(?:[ ()./-]{0,2}\d){7,}(?!\w)/g, "[REDACTED_NUMBER]");

/** What a value looks like, if it looks like one thing as a whole. */
const markOf = (value: string): string => /^\[REDACTED_\w+\]$/.exec(withoutLooks(value.slice(0, charsLeft)))?.[0] ?? "[REDACTED_VALUE]";

/** The text without the secrets as they may come back: in a URL, in JSON, without the white space or the scheme that was before them. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const spellings = secrets
    .map((secret) => secret.trim())
    .flatMap((secret) => [secret, /^[a-z]+\s+(\S{8,})$/i.exec(secret)?.[1] ?? ""])
    .filter((secret) => secret !== "")
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed()), inForm(secret), JSON.stringify(secret).slice(1, -1)]);
  return spellings.reduce((rest, spelling) => rest.replaceAll(spelling, "[REDACTED_SECRET]"), text);
}

/** As `URLSearchParams` writes it, which escapes more than URLs need. */
const inForm = (secret: string): string => new URLSearchParams({ "": secret }).toString().slice(1);
