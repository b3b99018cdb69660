import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRetryAfter, retriesMax, retryDelayMs } from "../../../shared/delivery/retry.ts";

const hour = 3_600_000;
const attempts = Array.from({ length: retriesMax }, (_, attempt) => attempt);

describe("the wait before the next attempt", () => {
  it("is three times as long at most each time, beginning with 30 s, and about 27 h in all", () => {
    const longest = attempts.map((attempt) => retryDelayMs(attempt, undefined, 1)!);
    expect(longest).toEqual([30_000, 90_000, 270_000, 810_000, 2_430_000, 7_290_000, 21_870_000, 65_610_000]);
    expect(longest.reduce((sum, ms) => sum + ms) / hour).toBeCloseTo(27.3, 1);
  });

  it("is anything from nothing to that, so that events that failed together don't come back together", () => {
    fc.assert(
      fc.property(fc.constantFrom(...attempts), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        expect(retryDelayMs(attempt, undefined, random)).toBeCloseTo(random * retryDelayMs(attempt, undefined, 1)!, 3);
      }),
    );
  });

  it("is what Retry-After says when that is longer, and a day at most", () => {
    expect(retryDelayMs(0, 40_000, 1)).toBe(40_000);
    expect(retryDelayMs(0, 20_000, 1)).toBe(30_000);
    expect(retryDelayMs(0, 25 * hour, 1)).toBe(24 * hour);
    expect(retryDelayMs(0, Number.POSITIVE_INFINITY, 0)).toBe(24 * hour);
  });

  it("does not come after the ninth attempt, whatever Retry-After says", () => {
    expect(retryDelayMs(7, undefined, 1)).toBeDefined();
    expect(retryDelayMs(8, 1_000, 1)).toBeUndefined();
  });
});

describe("Retry-After", () => {
  const now = Date.UTC(2026, 0, 1, 12);

  it.each([
    [undefined, undefined],
    ["0", 0],
    [" 120 ", 120_000],
    ["Thu, 01 Jan 2026 12:00:30 GMT", 30_000],
    ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
    ["Thursday, 01-Jan-26 12:00:30 GMT", 30_000],
    ["Thu Jan  1 12:00:30 2026", 30_000],
    ["Thu, 01 Jan 2026 25:00:30 GMT", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["+120", undefined],
    ["120;", undefined],
    ["2026-01-01", undefined],
    ["soon", undefined],
    ["", undefined],
  ])("of %j is %j ms", (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });

  it("never gives a time that is no number or past, whatever a provider sends", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date({ noInvalidDate: true }).map(String)), (value) => {
        const ms = parseRetryAfter(value, now);
        expect(ms === undefined || ms >= 0).toBe(true);
      }),
    );
  });
});
