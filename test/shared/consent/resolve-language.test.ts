import { describe, expect, it } from "vitest";
import { resolveLanguages } from "../../../shared/consent/resolve-language.ts";

const offered = ["en", "sv", "sv-FI", "pt-BR", "zh-Hant"];

describe("the languages of a banner", () => {
  it.each<[string[], string[]]>([
    [["sv"], ["sv", "en"]],
    [["sv-FI"], ["sv-FI", "sv", "en"]],
    [["sv-SE"], ["sv", "en"]],
    [["SV-fi-x-club"], ["sv-FI", "sv", "en"]],
    [["zh-hant-tw"], ["zh-Hant", "en"]],
    // A broader range than what is offered is not met (RFC 4647, section 3.4).
    [["pt"], ["en"]],
    [
      ["fi", "sv"],
      ["sv", "en"],
    ],
    // A less wanted language before a default one.
    [
      ["fi-FI", "sv-SE", "en"],
      ["sv", "en"],
    ],
    [["en-GB", "sv"], ["en"]],
    [["de"], ["en"]],
    [[], ["en"]],
    [["constructor", "__proto__", "a-b-c-d"], ["en"]],
  ])("for %j are %j", (wanted, languages) => {
    expect(resolveLanguages(wanted, offered, "en")).toEqual(languages);
  });

  it("end with the default one", () => {
    expect(resolveLanguages(["en"], offered, "pt-BR")).toEqual(["en", "pt-BR"]);
    expect(resolveLanguages(["fi"], offered, "sv-FI")).toEqual(["sv-FI", "sv"]);
  });
});
