import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Visitor, visitorHash } from "../../../shared/visitors/visitor-hash.ts";

const salt = randomBytes(32);
const alice: Visitor = {
  tenantId: "tenant-a",
  pageUrl: "https://shop.example/join?x=1",
  ip: "203.0.113.7",
  userAgent: "Mozilla/5.0 Firefox/140.0",
};
const hash = (fields: Partial<Visitor> = {}, under = salt) => visitorHash(under, { ...alice, ...fields });

const visitor: fc.Arbitrary<Visitor> = fc.record({
  tenantId: fc.string(),
  pageUrl: fc.oneof(
    fc.domain().map((host) => `https://${host}/`),
    fc.constant(undefined),
  ),
  ip: fc.oneof(fc.ipV4(), fc.ipV6()),
  userAgent: fc.string(),
});

describe("a visitor's hash", () => {
  it("is the same for the same visitor and salt: 32 hex digits", () => {
    fc.assert(
      fc.property(visitor, fc.uint8Array({ minLength: 32, maxLength: 32 }), (one, bytes) => {
        const made = visitorHash(Buffer.from(bytes), one);
        expect(made).toMatch(/^[0-9a-f]{32}$/);
        expect(visitorHash(Buffer.from(bytes), { ...one })).toBe(made);
      }),
    );
  });

  it("is HMAC-SHA256 of the four parts, cut", () => {
    const zeros = Buffer.alloc(32);
    // printf '["tenant-a","shop.example","203.0.113.7","Mozilla/5.0 Firefox/140.0"]' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…
    expect(hash({}, zeros)).toBe("79147696e74dc2a8cc1e0dd64532f4b3");
  });

  it.each<[string, Partial<Visitor>]>([
    ["tenant", { tenantId: "tenant-b" }],
    ["site", { pageUrl: "https://other.example/join?x=1" }],
    ["site, when the page has none", { pageUrl: undefined }],
    ["address", { ip: "203.0.113.8" }],
    ["user agent", { userAgent: "Mozilla/5.0 Firefox/141.0" }],
  ])("is another one for another %s", (_, other) => {
    expect(hash(other)).not.toBe(hash());
  });

  it("is another one under another salt", () => {
    expect(hash({}, randomBytes(32))).not.toBe(hash());
  });

  it("differs for any two visitors that differ, however their texts run together", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "|", '"', ",", "\\"), maxLength: 4 });
    const parts = fc.record({ tenantId: part, pageUrl: fc.constant(undefined), ip: part, userAgent: part });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(visitorHash(salt, one) === visitorHash(salt, other)).toBe(isSame);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is the site's, whichever page and however its name is written", () => {
    expect(hash({ pageUrl: "https://SHOP.example/another#page" })).toBe(hash());
    expect(hash({ pageUrl: "app://Main/a" })).toBe(hash({ pageUrl: "app://main/b" }));
    expect(hash({ pageUrl: "/join" })).toBe(hash({ pageUrl: undefined }));
  });

  it("is the address's, however it is written", () => {
    expect(hash({ ip: "::ffff:203.0.113.7" })).toBe(hash());
    expect(hash({ ip: "::ffff:cb00:7107" })).toBe(hash());
    expect(hash({ ip: "2001:DB8:0:0::1" })).toBe(hash({ ip: "2001:db8::1" }));
  });

  it("is not made where address or user agent is unknown", () => {
    expect(hash({ ip: undefined })).toBeUndefined();
    expect(hash({ userAgent: undefined })).toBeUndefined();
  });
});
