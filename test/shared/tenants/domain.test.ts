import { describe, expect, it } from "vitest";
import { allowedDomain, hostOf, isDomainAllowed } from "../../../shared/tenants/domain.ts";

describe("an allowed domain", () => {
  it.each([
    ["example.org", "example.org", true],
    ["www.example.org", "example.org", false],
    ["evilexample.org", "example.org", false],
    ["example.org.evil.example", "example.org", false],
    ["example.com", "example.org", false],
    ["EXAMPLE.Org", "example.org", true],
    ["example.org.", "example.org", true],
    ["www.example.org", "*.example.org", true],
    ["a.b.example.org", "*.example.org", true],
    ["WWW.EXAMPLE.ORG.", "*.example.org", true],
    ["example.org", "*.example.org", false],
    ["evilexample.org", "*.example.org", false],
    ["www.example.org.evil.example", "*.example.org", false],
    ["xn--bcher-kva.example", "xn--bcher-kva.example", true],
    ["localhost", "localhost", true],
    ["127.0.0.1", "127.0.0.1", true],
    ["", "example.org", false],
    ["..", "*.example.org", false],
  ])("takes %j under %j: %s", (host, domain, allowed) => {
    expect(isDomainAllowed(host, [domain])).toBe(allowed);
  });

  it("is one of several, and none allows nothing", () => {
    expect(isDomainAllowed("b.example", ["a.example", "b.example"])).toBe(true);
    expect(isDomainAllowed("a.example", [])).toBe(false);
  });

  it.each([
    ["example.org", "example.org"],
    ["Example.ORG", "example.org"],
    ["*.Example.org", "*.example.org"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["my_site.example.org", "my_site.example.org"],
    ["localhost", "localhost"],
  ])("is written as %s and kept as %s", (written, kept) => {
    expect(allowedDomain.parse(written)).toBe(kept);
  });

  it.each([
    "",
    "*",
    "*.",
    "*.*.example.org",
    "www.*.org",
    "https://example.org",
    "example.org/path",
    "example.org:443",
    "example.org.",
    ".example.org",
    "example..org",
    "-example.org",
    "example-.org",
    "bücher.example",
    "exa mple.org",
    "example.org\n",
    `${"a.".repeat(130)}example`,
  ])("is not written %j", (written) => {
    expect(allowedDomain.safeParse(written).success).toBe(false);
  });

  it("is refused in time to answer, whatever it is", () => {
    const startedAt = performance.now();
    for (const unit of ["a", "-", "a-", "a.", "_", "*."]) {
      allowedDomain.safeParse(`${unit.repeat(250 / unit.length)}!`);
    }
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe("the host of a page", () => {
  it.each([
    ["https://example.org/a?b#c", "example.org"],
    ["HTTPS://EXAMPLE.ORG:8443/", "example.org"],
    ["https://bücher.example/", "xn--bcher-kva.example"],
    ["https://example.org./", "example.org."],
    ["https://example.org@evil.example/", "evil.example"],
    ["https://evil.example#.example.org", "evil.example"],
    ["https://evil.example\\.example.org/", "evil.example"],
    ["https:/evil.example", "evil.example"],
    ["https://ex\tample.org/", "example.org"],
    ["https://ｅxample.org/", "example.org"],
    ["/only/a/path", undefined],
    ["mailto:ada@example.org", undefined],
    ["about:blank", undefined],
    ["https://", undefined],
    ["null", undefined],
  ])("of %j is %j", (url, host) => {
    expect(hostOf(url)).toBe(host);
  });
});
