import { describe, expect, it } from "vitest";
import { RememberedFlags } from "../../../shared/insights/remembered-flags.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const value = (text: string) => ({ a: { value: text } });

describe("remembered flags", () => {
  it("knows 10,000 questions, and forgets the longest unused", () => {
    const remembered = new RememberedFlags(new FakeClock());
    for (let n = 0; n < 10_000; n++) {
      remembered.put(`key-${n}`, value("x"), true);
    }
    remembered.get("key-0");
    remembered.put("one more", value("x"), true);
    const known = ["key-0", "key-1", "key-2", "one more"].map((key) => remembered.get(key).flags.size);
    expect(known).toEqual([1, 0, 1, 1]);
  });

  it("holds large answers only as far as memory goes", () => {
    const remembered = new RememberedFlags(new FakeClock());
    const large = "x".repeat(1_000_000);
    for (let n = 0; n < 40; n++) {
      remembered.put(`key-${n}`, value(large), true);
      remembered.put(`key-${n}`, value(large), true);
    }
    const known = Array.from({ length: 40 }, (_, n) => remembered.get(`key-${n}`).flags.size);
    expect(known.filter((size) => size === 1)).toHaveLength(31);
    expect(known.at(-1)).toBe(1);
  });

  it("keeps nothing readable of a question", () => {
    const key = RememberedFlags.keyOf("config", { id: "visitor-77" }, ["a"]);
    expect(key).not.toContain("visitor");
    expect(key).toBe(RememberedFlags.keyOf("config", { id: "visitor-77" }, ["a"]));
    expect(key).not.toBe(RememberedFlags.keyOf("config", { id: "visitor-77", properties: {} }, ["a"]));
  });
});
