import { describe, expect, it } from "vitest";
import { acceptedLanguages } from "../../../shared/http/accept-language.ts";

describe("Accept-Language", () => {
  it.each<[string | undefined, string[]]>([
    [undefined, []],
    ["", []],
    ["*", []],
    ["sv", ["sv"]],
    ["da, en-GB;q=0.8, en;q=0.7", ["da", "en-GB", "en"]],
    ["en;q=0.2,sv-FI;q=0.9 , fi ; q=1.0", ["fi", "sv-FI", "en"]],
    ["en, sv", ["en", "sv"]],
    ["en;q=0, sv;q=0.000, fi;q=0.001", ["fi"]],
    ["en;Q=0.5, sv;q=0.6", ["sv", "en"]],
    ["en;q=2, en;q=x, en;q=0.1234, e_n, toolongtag, sv", ["sv"]],
    [",,;q=1,é,sv;level=1", []],
  ])("of %j asks for %j", (header, languages) => {
    expect(acceptedLanguages(header)).toEqual(languages);
  });

  it("of any length is read in time that grows with it", () => {
    const many = Array.from({ length: 4_000 }, (_, n) => `a-${n}`).join(",");
    expect(acceptedLanguages(many)).toHaveLength(4_000);
    expect(acceptedLanguages("a-".repeat(8_000))).toEqual([]);
    expect(acceptedLanguages(`en${" ".repeat(16_000)}x`)).toEqual([]);
  });
});
