import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergePatch } from "../../../shared/configs/merge-patch.ts";
import { nestedTexts } from "../../support/arbitrary-request.ts";

/** Appendix A of RFC 7396: original, patch, result. */
const examples: readonly (readonly [string, string, string])[] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', "{}"],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', "null", "null"],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
  ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
];

const json = (text: string): unknown => JSON.parse(text);
/** JSON values, among them objects with names that mean something to JavaScript. */
const anyJson = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.constantFrom(null, 1, "x", true, [1, { a: null }]), tie("object")),
  object: fc
    .array(fc.tuple(fc.constantFrom("a", "b", "c", "__proto__", "constructor"), tie("value")), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
})).value;

describe("a merge patch", () => {
  it.each(examples)("of %s with %s is %s", (original, patch, result) => {
    expect(mergePatch(json(original), json(patch))).toEqual(json(result));
  });

  it("says what it says: what it names is as it says, null is gone, everything else is as it was; twice is once", () => {
    const holds = (original: unknown, patch: unknown, result: unknown): void => {
      if (typeof patch !== "object" || patch === null || Array.isArray(patch)) {
        expect(result).toEqual(patch);
        return;
      }
      const before = (typeof original === "object" && original !== null && !Array.isArray(original) ? original : {}) as Record<
        string,
        unknown
      >;
      const after = result as Record<string, unknown>;
      const said = patch as Record<string, unknown>;
      for (const name of new Set([...Object.keys(before), ...Object.keys(said), ...Object.keys(after)])) {
        if (!Object.hasOwn(said, name)) {
          expect(Object.hasOwn(after, name)).toBe(true);
          expect(after[name]).toEqual(before[name]);
        } else if (said[name] === null) {
          expect(Object.hasOwn(after, name)).toBe(false);
        } else {
          holds(Object.hasOwn(before, name) ? before[name] : undefined, said[name], after[name]);
        }
      }
    };
    fc.assert(
      fc.property(anyJson, anyJson, (original, patch) => {
        const result = mergePatch(original, patch);
        holds(original, patch, result);
        expect(mergePatch(result, patch)).toEqual(result);
      }),
    );
  });

  it("changes neither the original nor what all objects have", () => {
    const original = { a: { b: 1 } };
    mergePatch(original, json('{"a":{"b":2},"__proto__":{"polluted":true}}'));
    expect(original).toEqual({ a: { b: 1 } });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("is refused beyond eight levels, with the pointer to the ninth, whatever its depth", () => {
    const [, nested] = nestedTexts(8);
    expect(mergePatch({}, json(nested!))).toEqual(json(nested!));
    const [, tooDeep] = nestedTexts(9);
    const [, farTooDeep] = nestedTexts(2_000);
    for (const text of [tooDeep!, farTooDeep!]) {
      expect(() => mergePatch({}, json(text))).toThrow(
        expect.objectContaining({ code: "body-invalid", extensions: expect.objectContaining({ pointer: "/a".repeat(8) }) }),
      );
    }
  });
});
