/** Cuts a text to so many UTF-8 bytes, between characters. */
export function cutBytes(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) {
    return text;
  }
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytesMax), { stream: true });
}

/** Cuts a text to so many UTF-16 units, not through a surrogate pair. */
export const cutChars = (text: string, charsMax: number): string =>
  text.length <= charsMax ? text : text.slice(0, charsMax).replace(/[\ud800-\udbff]$/, "");

/** A text as an HTTP header can carry it: visible Latin-1 and spaces (RFC 9110, section 5.5). */
export const headerText = (text: string): string => text.replace(/[^\x20-\x7e\xa0-\xff]/g, "").trim();

/** A tenant's base URL and a path under it; the base may have a path of its own. */
export const urlUnder = (base: string, path: string): string => base.replace(/\/+$/, "") + path;

/** JSON, or `undefined` for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** An answer without a text that only the provider and we may know, such as a token that it gave us and may repeat. */
export const withoutText = <A extends { readonly body: string }>(answer: A, text: string): A => ({
  ...answer,
  body: answer.body.replaceAll(text, "[REDACTED_SECRET]"),
});
