import { describe, expect, it } from "vitest";
import { entityTag, ifMatchAllows, isKnown } from "../../../shared/http/entity-tag.ts";

describe("If-Match", () => {
  it.each([
    [undefined, true],
    ["*", true],
    ['"1"', true],
    ['"0", "1"', true],
    ['"0","1" , "2"', true],
    ['"2"', false],
    ["1", false],
    ["", false],
    // A weak tag never matches here (RFC 9110, section 13.1.1).
    ['W/"1"', false],
  ])("of %j lets version 1 be changed: %s", (header, allowed) => {
    expect(ifMatchAllows(header)("1")).toBe(allowed);
  });
});

describe("If-None-Match", () => {
  it.each([
    [undefined, false],
    ['"1"', true],
    ['W/"1"', true],
    ['"0", W/"1"', true],
    ['"2"', false],
    ["1", false],
    ["*", true],
  ])("of %j knows version 1: %s", (header, known) => {
    expect(isKnown(header, "1")).toBe(known);
  });
});

describe("a tag", () => {
  it("is quoted", () => {
    expect(entityTag("1")).toBe('"1"');
  });
});
