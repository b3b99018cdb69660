import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientAddress } from "../../../shared/http/client-address.ts";
import { requestWith } from "../../support/fake-request.ts";

const addressOf = (header: string | null, hops = 0) =>
  clientAddress(requestWith(header === null ? {} : { "x-forwarded-for": header }), hops);

describe("a client's address", () => {
  it.each<[string | null, number, string | undefined]>([
    // The host itself adds who connected, as the last entry.
    ["203.0.113.7", 0, "203.0.113.7"],
    ["198.51.100.1, 203.0.113.7", 0, "203.0.113.7"],
    // With one proxy of ours the entry before it was added by that proxy.
    ["198.51.100.1, 203.0.113.7, 10.0.0.1", 1, "203.0.113.7"],
    ["198.51.100.1,203.0.113.7,10.0.0.2,10.0.0.1", 2, "203.0.113.7"],
    // Whoever came past the proxies has fewer entries: who connected is all that is known.
    ["203.0.113.7", 1, "203.0.113.7"],
    ["203.0.113.7", 9, "203.0.113.7"],
    [null, 0, undefined],
    ["", 0, undefined],
  ])("of %j behind %i proxies is %j", (header, hops, address) => {
    expect(addressOf(header, hops)).toBe(address);
  });

  it.each([
    ["203.0.113.7:443", "203.0.113.7"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:DB8::1", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["[::FFFF:203.0.113.7]:80", "203.0.113.7"],
    ["  203.0.113.7\t", "203.0.113.7"],
  ])("is written plainly, however it came: %j", (entry, address) => {
    expect(addressOf(entry)).toBe(address);
  });

  it.each([
    "unknown",
    "_hidden",
    "203.0.113",
    "203.0.113.256",
    "0x7f.1",
    "example.org",
    "[203.0.113.7",
    "2001:db8::1:443:x",
    "203.0.113.7,",
    "'; --",
  ])("is not known from %j", (entry) => {
    expect(addressOf(entry)).toBeUndefined();
  });

  it("does not depend on what a client claims to the left, whatever that is", () => {
    const claim = fc.string().map((text) => text.replaceAll(/[\r\n]/g, ""));
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 4 }), fc.integer({ min: 0, max: 3 }), (claims, hops) => {
        const added = Array.from({ length: hops + 1 }, (_, hop) => `203.0.113.${hop}`);
        expect(addressOf([...claims, ...added].join(", "), hops)).toBe("203.0.113.0");
      }),
    );
  });

  it("is an address or nothing, whatever the header", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4Extended()), fc.integer({ min: 0, max: 9 }), (header, hops) => {
        const address = addressOf(header, hops);
        expect(address === undefined || isIP(address) > 0).toBe(true);
      }),
    );
  });
});
