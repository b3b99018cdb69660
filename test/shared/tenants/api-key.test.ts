import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashKey, kindOfKey, mintKey } from "../../../shared/tenants/api-key.ts";

const kinds = [
  ["secret", false, "ck_live_"],
  ["secret", true, "ck_test_"],
  ["site", false, "pk_"],
  ["site", true, "pk_"],
] as const;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

describe("a key", () => {
  it.each(kinds)("of kind %s (sandbox: %s) begins with %3$s", (kind, sandbox, prefix) => {
    const key = mintKey(kind, sandbox);
    expect(key).toMatch(new RegExp(`^${prefix}[0-9A-Za-z]{49}$`));
    expect(kindOfKey(key)).toBe(kind);
  });

  it("is another one each time, of all characters", () => {
    const keys = Array.from({ length: 500 }, () => mintKey("secret", false).slice("ck_live_".length));
    expect(new Set(keys).size).toBe(500);
    expect(new Set(keys.flatMap((key) => [...key])).size).toBe(62);
    const firsts = new Set(keys.map(([first]) => first));
    expect(firsts.size).toBeGreaterThan(55);
  });

  it("is known for mistyped when one character is another, or two next to each other have changed places", () => {
    const key = mintKey("secret", false);
    const from = "ck_live_".length;
    fc.assert(
      fc.property(fc.integer({ min: from, max: key.length - 1 }), fc.constantFrom(...alphabet), (at, other) => {
        fc.pre(key[at] !== other);
        expect(kindOfKey(key.slice(0, at) + other + key.slice(at + 1))).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: from, max: key.length - 2 }), (at) => {
        fc.pre(key[at] !== key[at + 1]);
        expect(kindOfKey(key.slice(0, at) + key[at + 1] + key[at] + key.slice(at + 2))).toBeUndefined();
      }),
    );
  });

  it("does not become one of another kind by another beginning", () => {
    const key = mintKey("secret", true);
    expect(kindOfKey(key.replace("ck_test_", "ck_live_"))).toBeUndefined();
    expect(kindOfKey(key.replace("ck_test_", "pk_"))).toBeUndefined();
  });

  it.each([
    "",
    "ck_live_",
    "pk_",
    "Bearer x",
    `${mintKey("site", false)}\n`,
    ` ${mintKey("site", false)}`,
    mintKey("site", false).slice(0, -1),
  ])("is not %j", (text) => {
    expect(kindOfKey(text)).toBeUndefined();
  });

  it("is no text that somebody makes up", () => {
    fc.assert(fc.property(fc.string(), (text) => kindOfKey(text) === undefined));
  });
});

describe("a key's hash", () => {
  it("is its SHA-256 in hexadecimal", () => {
    const key = mintKey("secret", false);
    expect(hashKey(key)).toBe(createHash("sha256").update(key).digest("hex"));
    expect(hashKey("å")).toBe(createHash("sha256").update("å", "utf8").digest("hex"));
  });
});
