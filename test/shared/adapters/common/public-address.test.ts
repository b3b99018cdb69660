import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "../../../../shared/adapters/common/public-address.ts";

describe("isPublicAddress", () => {
  it.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "168.63.129.15",
    "172.15.0.1",
    "172.32.0.1",
    "223.255.255.255",
  ])("takes %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(["2606:4700:4700::1111", "2a00:1450:4001:81b::200e"])("takes %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    "0.1.2.3",
    "10.0.0.0",
    "127.255.255.255",
    "168.63.129.16",
    "203.0.113.9",
    "fd00:ec2::254",
    "64:ff9b::1",
    "2002::1",
    "1fff::1",
    "4000::1",
    "::2",
    "",
  ])("refuses %j", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it("refuses every address that embeds an IPv4 address by mapping, NAT64 or 6to4", () => {
    const hex = (a: number, b: number) => ((a << 8) | b).toString(16);

    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), ([a = 0, b = 0, c = 0, d = 0]) => {
        const forms = [`::ffff:${a}.${b}.${c}.${d}`, `64:ff9b::${hex(a, b)}:${hex(c, d)}`, `2002:${hex(a, b)}:${hex(c, d)}::1`];
        return forms.every((form) => !isPublicAddress(form));
      }),
    );
  });

  it("answers any text, and takes none that is not an address", () => {
    fc.assert(fc.property(fc.string(), (text) => !isPublicAddress(`${text}x`)));
  });
});
