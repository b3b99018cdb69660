import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addCounts } from "../../../shared/usage/hour-counters.ts";
import { readUsage, total, usageMetrics } from "../../../shared/usage/read-usage.ts";
import { openTestStore } from "../../support/embedded-store.ts";

const tenant = { id: "tenant-a", event_shards: 3 };

describe("a config's usage", () => {
  let open: ReturnType<typeof openTestStore>;
  beforeEach(() => {
    open = openTestStore();
  });
  afterEach(() => open.close());

  const count = (config: string, hour: string, counts: Record<string, number>, shard = 0, of = tenant.id) =>
    open.store.batch("deliveries", `${of}|${shard}`, [addCounts(`${of}|${shard}`, config, hour, counts)]);
  const at = (iso: string) => Date.parse(`${iso}:00:00.000Z`);

  it("is the sum over partitions by hour, in order, of this config and tenant only", async () => {
    await count("one", "2026-01-01T05", { received: 1, delivered: 1 }, 2);
    await count("one", "2026-01-01T04", { received: 2, pending: 2 }, 0);
    await count("one", "2026-01-01T04", { received: 1, delivered: 1 }, 1);
    await count("one", "2026-01-01T04", { received: 1, delivered: 1 }, 1);
    await count("one1", "2026-01-01T04", { received: 7 }, 1);
    await count("one", "2026-01-01T04", { received: 7 }, 0, "tenant-b");

    const usage = await readUsage(open)(tenant, "one", { from: at("2026-01-01T00"), to: at("2026-01-01T05") });
    expect([...usage.hours]).toEqual([
      ["2026-01-01T04", { received: 4, pending: 2, delivered: 2 }],
      ["2026-01-01T05", { received: 1, delivered: 1 }],
    ]);
  });

  it("is of the hours asked for, first and last included", async () => {
    for (const hour of ["01", "02", "03", "04"]) {
      await count("one", `2026-01-01T${hour}`, { received: 1 });
    }
    const span = { from: at("2026-01-01T02") + 1, to: at("2026-01-01T03") };
    const { from, to, hours } = await readUsage(open)(tenant, "one", span);
    expect([from, to]).toEqual(["2026-01-01T02", "2026-01-01T03"]);
    expect([...hours.keys()]).toEqual(["2026-01-01T02", "2026-01-01T03"]);
  });

  it("is of the last 24 hours when nothing is asked for", async () => {
    const { from, to } = await readUsage(open)(tenant, "one");
    expect([from, to]).toEqual(["2025-12-31T01", "2026-01-01T00"]);
  });
});

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
    });
    expect(Object.values(metrics.outcomes).reduce((sum, n) => sum + n, 0)).toBe(12);
  });

  it("is nothing but zeros of nothing", () => {
    const { events_suppressed, outcomes, ...numbers } = usageMetrics(total([]));
    expect([events_suppressed, outcomes]).toEqual([{}, {}]);
    expect(new Set(Object.values(numbers))).toEqual(new Set([0]));
  });
});
