import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Filter, filteredBy, filterSchema } from "../../../shared/configs/filter.ts";

const event = (event_name: string, event_properties?: Record<string, unknown>) => ({
  event_name,
  occurred_at: "2026-01-01T00:00:00.000Z",
  ...(event_properties === undefined ? {} : { event_properties }),
});

describe("a config's filter", () => {
  it.each<[Filter, string, string | undefined]>([
    [{}, "anything", undefined],
    [{ include_events: ["pageview", "shop_*"] }, "shop_buy", undefined],
    [{ include_events: ["pageview", "shop_*"] }, "shop", "include_events does not name it"],
    [{ exclude_events: ["debug_*"] }, "debug_x", "exclude_events has debug_*"],
    [{ include_events: ["*"], exclude_events: ["pageview"] }, "pageview", "exclude_events has pageview"],
  ])("%j on %s: %s", (filter, name, reason) => {
    expect(filteredBy(filter, event(name))).toBe(reason);
  });

  it.each<[unknown, Record<string, unknown> | undefined, boolean]>([
    [{ property: "a", op: "equals", value: 1 }, { a: 1 }, true],
    [{ property: "a", op: "equals", value: 1 }, { a: "1" }, false],
    [{ property: "a", op: "equals", value: 1 }, undefined, false],
    [{ property: "a", op: "not_equals", value: 1 }, {}, true],
    [{ property: "a", op: "contains", value: "ell" }, { a: "hello" }, true],
    [{ property: "a", op: "contains", value: "ell" }, { a: ["ell"] }, false],
    [{ property: "a", op: "gt", value: 2 }, { a: 3 }, true],
    [{ property: "a", op: "gt", value: 2 }, { a: 2 }, false],
    [{ property: "a", op: "gte", value: 2 }, { a: 2 }, true],
    [{ property: "a", op: "lt", value: 2 }, { a: "1" }, false],
    [{ property: "a", op: "lte", value: 2 }, { a: 2 }, true],
    [{ property: "a", op: "exists" }, { a: false }, true],
    [{ property: "a", op: "exists" }, { a: null }, false],
    [{ property: "a", op: "not_exists" }, { b: 1 }, true],
    [{ property: "toString", op: "exists" }, {}, false],
  ])("holds %j against %j: %s", (condition, properties, isKept) => {
    const filter = filterSchema.parse({ conditions: [condition] });
    expect(filteredBy(filter, event("x", properties))).toBe(isKept ? undefined : "conditions/0 is not fulfilled");
  });

  it("needs every condition, and names the first that fails", () => {
    const filter = filterSchema.parse({
      conditions: [
        { property: "a", op: "exists" },
        { property: "b", op: "gt", value: 1 },
      ],
    });
    expect(filteredBy(filter, event("x", { a: 1, b: 1 }))).toBe("conditions/1 is not fulfilled");
    expect(filteredBy(filter, event("x", { a: 1, b: 2 }))).toBeUndefined();
  });

  it.each([
    { include_events: [] },
    { include_events: ["a*b"] },
    { conditions: [{ property: "a", op: "matches", value: "x" }] },
    { conditions: [{ property: "a", op: "gt", value: "1" }] },
    { keep: true },
  ])("refuses %j when it is saved", (filter) => {
    expect(filterSchema.safeParse(filter).success).toBe(false);
  });

  it("answers every event, whatever its properties", () => {
    const filter = filterSchema.parse({ include_events: ["a*"], conditions: [{ property: "p", op: "contains", value: "x" }] });
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), (name, properties) => {
        const isKept =
          name.startsWith("a") &&
          Object.hasOwn(properties, "p") &&
          String(properties["p"]).includes("x") &&
          typeof properties["p"] === "string";
        expect(filteredBy(filter, event(name, properties)) === undefined).toBe(isKept);
      }),
    );
  });
});
