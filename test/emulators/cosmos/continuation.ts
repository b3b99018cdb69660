import { badRequest } from "./cosmos-error.ts";
import { isArray, isObject, type Value } from "./sql-values.ts";

/** Where a page of results has ended. Documents that come and go do not move it, except for `skip`. */
export type Position =
  /** After so many rows of the document created by such a write, for results in the order of creation. */
  | { readonly kind: "created"; readonly lsn: number; readonly rows: number }
  /** The same with ORDER BY, where the keys come first. */
  | { readonly kind: "sorted"; readonly keys: readonly Value[]; readonly lsn: number; readonly rows: number }
  /** After so many results, for those that are made from several documents. */
  | { readonly kind: "skip"; readonly count: number };

/** An opaque text for the client. */
export function writeContinuation(position: Position): string {
  // JSON knows no undefined: an absent key is an empty array.
  const written = "keys" in position ? { ...position, keys: position.keys.map((key) => (key === undefined ? [] : [key])) } : position;
  return Buffer.from(JSON.stringify(written)).toString("base64url");
}

/** Throws 400 if the text is not of the wanted kind: it belongs to another query. */
export function readContinuation<K extends Position["kind"]>(text: string, kind: K): Extract<Position, { kind: K }> {
  const position = parse(text);
  if (!isObject(position) || position["kind"] !== kind) throw badRequest("The continuation token is malformed.");
  const { keys } = position;
  const read = isArray(keys) ? { ...position, keys: keys.map((key) => (isArray(key) ? key[0] : undefined)) } : position;
  return read as unknown as Extract<Position, { kind: K }>;
}

function parse(text: string): Value {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}
