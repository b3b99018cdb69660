import type { Counts } from "./hour-counters.ts";

/**
 * Histograms of times as counters: bucket n counts times over 2^(n-1) and up to 2^n ms, bucket 0 up to 1 ms, the last one (37 hours to
 * three days) everything longer. Their bounds never change, so histograms are merged by adding them up, like all counters. What is
 * read from them lies in the bucket of the exact value, and so is off by less than a factor of two.
 */
export const latencyBuckets = 29;
const prefix = "latency_";

/** The counter of a time in milliseconds. */
export function latencyCounter(ms: number): string {
  const bucket = Math.ceil(Math.log2(Math.max(1, ms)));
  return `${prefix}${Math.min(bucket, latencyBuckets - 1)}`;
}

/**
 * The time within which a share of those counted lies (0.95: the 95th percentile, nearest rank), in whole milliseconds; between the
 * bounds of its bucket it is interpolated, as if times were spread evenly over the logarithm. `null` of nothing.
 */
export function latencyPercentile(counts: Counts, share: number): number | null {
  const buckets = Array.from({ length: latencyBuckets }, (_, bucket) => Math.max(0, counts[`${prefix}${bucket}`] ?? 0));
  const rank = Math.max(1, Math.ceil(share * buckets.reduce((sum, count) => sum + count, 0)));
  let below = 0;
  for (const [bucket, count] of buckets.entries()) {
    if (rank <= below + count) {
      // Rounded up it stays in its bucket: bounds are whole numbers and belong to the bucket below.
      return Math.ceil(2 ** (bucket - 1 + (rank - below - 0.5) / count));
    }
    below += count;
  }
  return null;
}
