import { isIPv4 } from "node:net";
import { isPublicAddress } from "./public-address.ts";

/** A URL that may be connected to as far as its form goes; a name's addresses are still to be checked. */
export interface Target {
  readonly url: URL;
  /** False when the host is an address, which was checked here. */
  readonly named: boolean;
}

export interface Refused {
  readonly refused: string;
}

/** Names that mean this machine or this network whatever DNS says (RFC 6761, RFC 6762, ICANN's `internal`). */
const localName = /^(?:.+\.)?(?:localhost|local|internal)$/;

/**
 * Reads a URL that a tenant supplied. The URL parser has brought the host into one form by then: decimal, octal, hexadecimal and
 * shortened IPv4 addresses have become dotted ones, names are lower case and encoded. The text of a refusal holds nothing of the URL.
 */
export function readTarget(text: string, allowPrivateTargets: boolean): Target | Refused {
  const url = URL.parse(text);
  if (!url) return { refused: "it is not an absolute URL" };
  if (url.protocol !== "https:" && !(allowPrivateTargets && url.protocol === "http:")) return { refused: "it is not an https URL" };
  if (url.username || url.password) return { refused: "it holds a user name or a password" };

  const literal = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : isIPv4(url.hostname) ? url.hostname : undefined;
  if (allowPrivateTargets) return { url, named: literal === undefined };
  if (literal !== undefined) {
    return isPublicAddress(literal) ? { url, named: false } : { refused: "its address is not a public one" };
  }
  // A trailing dot only says that the name is complete; it must not hide the ending.
  return localName.test(url.hostname.replace(/\.$/, "")) ? { refused: "its host is a local name" } : { url, named: true };
}
