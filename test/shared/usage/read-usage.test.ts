import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addToDay } from "../../../shared/usage/day-counters.ts";
import { addCounts } from "../../../shared/usage/hour-counters.ts";
import { readUsage } from "../../../shared/usage/read-usage.ts";
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

  it("has, of days that are over long since, what was counted in them and what was counted in their hours later", async () => {
    await count("one", "2025-09-01T05", { received: 0, delivered: -1, erased: 1 }, 1);
    await count("one", "2026-01-01T05", { received: 1, delivered: 1 });
    for (const [shard, day, received] of [
      [0, "2025-08-31", 7],
      [0, "2025-09-01", 2],
      [2, "2025-09-01", 3],
    ] as const) {
      await open.store.batch("deliveries", `${tenant.id}|${shard}`, [
        addToDay(`${tenant.id}|${shard}`, "one", day, { received }, undefined),
      ]);
    }
    const usage = await readUsage(open)(tenant, "one", { from: at("2025-09-01T00"), to: at("2026-01-01T05") });
    expect([...usage.days]).toEqual([["2025-09-01", { received: 5 }]]);
    expect([...usage.hours.keys()]).toEqual(["2025-09-01T05", "2026-01-01T05"]);
  });

  it("is of the last 24 hours when nothing is asked for", async () => {
    const { from, to } = await readUsage(open)(tenant, "one");
    expect([from, to]).toEqual(["2025-12-31T01", "2026-01-01T00"]);
  });
});
