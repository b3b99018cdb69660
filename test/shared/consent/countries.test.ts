import { describe, expect, it } from "vitest";
import { isCountry, regulatedCountries } from "../../../shared/consent/countries.ts";

describe("countries", () => {
  it("are the 249 of ISO 3166-1, each of two letters", () => {
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
    expect(letters.flatMap((a) => letters.map((b) => a + b)).filter(isCountry)).toHaveLength(249);
  });

  it.each(["XX", "T1", "EU", "AP", "A1", "ZZ", "UK", "us", "U", "USA", "US, SE", "", " ", "\n"])(
    "are not what edges say instead: %j",
    (code) => {
      expect(isCountry(code)).toBe(false);
    },
  );

  it("of the EEA, the United Kingdom and Switzerland are the regulated ones", () => {
    expect(regulatedCountries.filter((code) => !isCountry(code))).toEqual([]);
    expect(new Set(regulatedCountries).size).toBe(regulatedCountries.length);
    for (const code of ["SE", "DE", "FR", "IE", "GR", "HR", "NO", "IS", "LI", "GB", "CH", "AX", "RE"]) {
      expect(regulatedCountries).toContain(code);
    }
    for (const code of ["US", "CA", "JP", "BR", "TR", "RS", "UA", "AU"]) {
      expect(regulatedCountries).not.toContain(code);
    }
  });
});
