import canonicalize from "canonicalize";

/**
 * The one text of a JSON document (RFC 8785, JCS): what is hashed and signed, so that neither spacing nor the order of members
 * matters. Throws for what has no such text: numbers that are not finite, lone surrogates, cycles.
 */
export function canonicalJson(document: object): string {
  const text = canonicalize(document);
  if (text === undefined) {
    throw new TypeError("the document has no JSON form");
  }
  return text;
}
