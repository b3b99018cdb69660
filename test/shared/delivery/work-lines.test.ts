import { describe, expect, it } from "vitest";
import { Lines } from "../../../shared/delivery/work-lines.ts";

/** A line whose messages usually take so long. */
const lineOf = (ms: number) => {
  const lines = new Lines();
  for (let message = 0; message < 60; message++) {
    lines.begin("a", 0)(ms);
  }
  return lines;
};

describe("the line of a config's messages", () => {
  it("gives turns one after the other, in half the time that they need", () => {
    const lines = lineOf(80);
    const turns = Array.from({ length: 4 }, () => lines.turnOf("a", 1_000, 8));
    expect(turns).toEqual([1_050, 1_055, 1_060, 1_065]);
    expect(lines.turnOf("b", 1_000, 8)).toBe(1_050);
  });

  it("leaves no more than 10 ms between turns while it is not slow", () => {
    const lines = lineOf(1_900);
    const turns = Array.from({ length: 1_000 }, () => lines.turnOf("a", 5_000, 8));
    expect(turns.at(-1)).toBe(5_050 + 999 * 10);
  });

  it("goes as slowly as its messages when they take more than two seconds, and forgets that when they don't", () => {
    const lines = new Lines();
    const end = lines.begin("a", 0);
    expect([lines.isSlow("a", 2_000), lines.isSlow("a", 2_001)]).toEqual([false, true]);
    const turns = Array.from({ length: 4 }, () => lines.turnOf("a", 4_000, 2));
    expect(turns).toEqual([4_050, 6_050, 8_050, 10_050]);
    end(4_000);
    expect(lines.turnOf("a", 4_000, 8)).toBe(4_050);
  });

  it("begins anew when it is slow and longer than a minute, so that nothing is put off for longer", () => {
    const lines = new Lines();
    lines.begin("a", 0);
    const turns = Array.from({ length: 100 }, () => lines.turnOf("a", 40_000, 2) - 40_000);
    expect(Math.max(...turns)).toBeLessThanOrEqual(60_000);
    expect(Math.min(...turns)).toBe(50);
    expect(turns.filter((wait) => wait === 50).length).toBeGreaterThan(5);
  });

  it("is quick while one of its messages is done every 10 ms, those that are still in work considered", () => {
    const lines = new Lines();
    expect(lines.isQuick("a", 0, 16)).toBe(true);
    const end = lines.begin("a", 0);
    expect([lines.isQuick("a", 160, 16), lines.isQuick("a", 161, 16)]).toEqual([true, false]);
    end(1_000);
    expect(lines.isQuick("a", 1_000, 16)).toBe(false);
    for (let message = 0; message < 10; message++) {
      lines.begin("a", 2_000)(2_010);
    }
    expect(lines.isQuick("a", 2_010, 16)).toBe(true);
  });
});
