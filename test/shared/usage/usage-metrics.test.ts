import { describe, expect, it } from "vitest";
import { total } from "../../../shared/usage/read-usage.ts";
import { usageMetrics } from "../../../shared/usage/usage-metrics.ts";

describe("usage in words", () => {
  it("has every event in one number of what became of it", () => {
    const counts = {
      received: 12,
      pending: 1,
      delivered: 2,
      accepted_unverifiable: 1,
      suppressed: 3,
      suppressed_bot: 1,
      suppressed_config_inactive: 2,
      dropped_by_provider: 1,
      rejected: 1,
      dead_lettered: 1,
      expired: 1,
      erased: 1,
      bytes_sent: 99,
      latency_3: 2,
      latency_11: 1,
      corrections: 2,
    };
    const metrics = usageMetrics(counts);
    expect(metrics).toMatchObject({
      events_received: 12,
      events_pending: 1,
      events_delivered: 3,
      events_suppressed: { bot: 1, config_inactive: 2 },
      events_failed: 3,
      events_expired: 1,
      events_erased: 1,
      bytes_sent: 99,
      accept_to_deliver_ms: { p50: 7, p95: 1449 },
      corrections: 2,
    });
    expect(Object.values(metrics.outcomes).reduce((sum, n) => sum + n, 0)).toBe(12);
  });

  it("is nothing but zeros of nothing", () => {
    const { events_suppressed, outcomes, accept_to_deliver_ms, ...numbers } = usageMetrics(total([]));
    expect([events_suppressed, outcomes, accept_to_deliver_ms]).toEqual([{}, {}, { p50: null, p95: null }]);
    expect(new Set(Object.values(numbers))).toEqual(new Set([0]));
  });
});
