import { hash, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";

/** What a key is for: `secret` for servers, `site` for a page's source. */
export type KeyKind = "secret" | "site";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 256 bits. */
const randomChars = 43;
/** A CRC-32 in base62, so that a mistyped key is refused, and a scanner recognises one, without a look-up. */
const checksumChars = 6;
const form = new RegExp(`^(ck_live|ck_test|pk)_([0-9A-Za-z]{${randomChars}})([0-9A-Za-z]{${checksumChars}})$`);

/** A new key: `ck_live_…` (`ck_test_…` in a sandbox) or `pk_…`, from 43 random characters (256 bits). */
export function mintKey(kind: KeyKind, sandbox: boolean): string {
  const prefix = kind === "site" ? "pk" : sandbox ? "ck_test" : "ck_live";
  const random = Array.from({ length: randomChars }, () => alphabet[randomInt(62)]).join("");
  return `${prefix}_${random}${checksum(`${prefix}_${random}`)}`;
}

/** The kind of a key whose form and checksum are right; `undefined` for anything else. */
export function kindOfKey(key: string): KeyKind | undefined {
  const [, prefix, random, sum] = form.exec(key) ?? [];
  if (prefix === undefined || checksum(`${prefix}_${random}`) !== sum) {
    return undefined;
  }
  return prefix === "pk" ? "site" : "secret";
}

/** SHA-256 in hex: all that is kept of a key. Keys are random, so neither salt nor slowness would add anything. */
export function hashKey(key: string): string {
  return hash("sha256", key, "hex");
}

function checksum(text: string): string {
  let sum = "";
  for (let rest = crc32(text); sum.length < checksumChars; rest = Math.floor(rest / 62)) {
    sum = alphabet[rest % 62] + sum;
  }
  return sum;
}
