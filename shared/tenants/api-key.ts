import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** What a key is for: `secret` for servers, `site` for a page's source. */
export type KeyKind = "secret" | "site";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 256 bits in base62. */
const randomChars = 43;
/** A CRC-32 in base62, so that a mistyped key is refused, and a scanner recognises one, without a look-up. */
const checksumChars = 6;
const form = new RegExp(`^(ck_live|ck_test|pk)_([0-9A-Za-z]{${randomChars}})([0-9A-Za-z]{${checksumChars}})$`);

/** A new key: `ck_live_…` (`ck_test_…` in a sandbox) or `pk_…`, from 256 random bits. */
export function mintKey(kind: KeyKind, sandbox: boolean): string {
  const prefix = kind === "site" ? "pk" : sandbox ? "ck_test" : "ck_live";
  const random = base62(BigInt(`0x${randomBytes(32).toString("hex")}`), randomChars);
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
  return createHash("sha256").update(key).digest("hex");
}

function checksum(text: string): string {
  return base62(BigInt(crc32(text)), checksumChars);
}

function base62(value: bigint, chars: number): string {
  let text = "";
  for (let rest = value; text.length < chars; rest /= 62n) {
    text = alphabet[Number(rest % 62n)] + text;
  }
  return text;
}
