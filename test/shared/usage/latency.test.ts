import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Counts } from "../../../shared/usage/hour-counters.ts";
import { latencyBuckets, latencyCounter, latencyPercentile } from "../../../shared/usage/latency.ts";
import { total } from "../../../shared/usage/read-usage.ts";

const twoDays = 2 * 86_400_000;
/** Times of every magnitude alike, and the bounds of buckets with their neighbours. */
const time = fc.oneof(
  fc.double({ min: 0, max: Math.log2(twoDays), noNaN: true }).map((exponent) => Math.floor(2 ** exponent)),
  fc.tuple(fc.nat(27), fc.integer({ min: -1, max: 1 })).map(([exponent, by]) => 2 ** exponent + by),
);
const times = fc.array(time, { minLength: 1, maxLength: 200 });

function countTimes(all: readonly number[]): Counts {
  const counts: Record<string, number> = {};
  for (const ms of all) {
    counts[latencyCounter(ms)] = (counts[latencyCounter(ms)] ?? 0) + 1;
  }
  return counts;
}

const exact = (all: readonly number[], share: number) => all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1]!;

/** The longest time that a counter's bucket is for, in milliseconds. */
const longestOf = (counter: string): number => 2 ** Number(counter.replace("latency_", ""));

describe("a histogram of times", () => {
  it("says p50 and p95 within the bucket of the exact value, off by less than a factor of two", () => {
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95, 0.01, 1), (all, share) => {
        const said = latencyPercentile(countTimes(all), share)!;
        const right = exact(all, share);
        expect(latencyCounter(said)).toBe(latencyCounter(right));
        expect(Math.max(1, said) / Math.max(1, right)).toBeLessThan(2);
        expect(Math.max(1, right) / Math.max(1, said)).toBeLessThan(2);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is, merged with another one, the histogram of both", () => {
    fc.assert(
      fc.property(times, times, (some, others) => {
        expect(total([countTimes(some), countTimes(others)])).toEqual(countTimes([...some, ...others]));
      }),
    );
  });

  it("has at most thirty buckets, each time in one whose bounds it is within", () => {
    expect(latencyBuckets).toBeLessThanOrEqual(30);
    fc.assert(
      fc.property(time, (ms) => {
        const longest = longestOf(latencyCounter(ms));
        expect(ms).toBeLessThanOrEqual(longest);
        expect(longest === 1 || ms > longest / 2).toBe(true);
      }),
    );
    expect(longestOf(`latency_${latencyBuckets - 1}`)).toBeGreaterThan(twoDays);
  });

  it.each([
    ["a clock that was set back", -5, "latency_0"],
    ["no time at all", 0, "latency_0"],
    ["a millisecond", 1, "latency_0"],
    ["two", 2, "latency_1"],
    ["three", 3, "latency_2"],
    ["a month", 30 * 86_400_000, "latency_28"],
  ])("counts %s", (_, ms, counter) => {
    expect(latencyCounter(ms)).toBe(counter);
  });

  it("interpolates within a bucket, and says nothing of nothing", () => {
    expect(latencyPercentile({ latency_10: 4 }, 0.5)).toBe(Math.ceil(512 * 2 ** (1.5 / 4)));
    expect(latencyPercentile({ latency_10: 4 }, 0.95)).toBe(Math.ceil(512 * 2 ** (3.5 / 4)));
    expect(latencyPercentile({}, 0.95)).toBeNull();
    expect(latencyPercentile({ received: 3, bytes_sent: 4 }, 0.5)).toBeNull();
  });
});
