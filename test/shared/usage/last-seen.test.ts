import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addToDay } from "../../../shared/usage/day-counters.ts";
import { addCounts } from "../../../shared/usage/hour-counters.ts";
import { type LastError, noteError, readLastSeen } from "../../../shared/usage/last-seen.ts";
import { type FamilyStore, storeFamilies } from "../../support/store-families.ts";

const tenant = { id: "tenant-a", event_shards: 3 };
const pkOf = (shard: number) => `${tenant.id}|${shard}`;
const error = (at: string, reason: string): LastError => ({ at, outcome: "pending", reason, status: 503 });

describe.each(storeFamilies)("what a config did last, on %s", (_, openFamily) => {
  let open: FamilyStore;
  beforeEach(async () => {
    open = await openFamily();
  });
  afterEach(() => open.close());

  const count = (config: string, at: string, shard: number) =>
    open.store.batch("deliveries", pkOf(shard), [addCounts(pkOf(shard), config, at.slice(0, 13), { received: 1 }, at)]);
  const fail = (config: string, noted: LastError, shard: number) =>
    open.store.batch("deliveries", pkOf(shard), [noteError(pkOf(shard), config, noted)]);
  const read = () => readLastSeen(open)(tenant, "one");

  it("is nothing of a config that had no events", async () => {
    await count("one1", "2026-01-01T05:00:01.000Z", 0);
    await fail("one1", error("2026-01-01T05:00:02.000Z", "busy"), 0);
    expect(await read()).toEqual({ last_event_at: null, last_error: null });
  });

  it("is the newest over all partitions, however long ago", async () => {
    await count("one", "2023-01-01T05:00:01.000Z", 1);
    await count("one", "2023-01-01T04:59:01.000Z", 0);
    await count("one", "2023-01-01T05:00:00.000Z", 2);
    await fail("one", error("2022-12-31T05:00:02.000Z", "first"), 2);
    await fail("one", error("2022-12-31T05:00:03.000Z", "second"), 2);
    await fail("one", error("2022-12-31T05:00:02.500Z", "elsewhere"), 0);
    const last_error = error("2022-12-31T05:00:03.000Z", "second");
    expect(await read()).toEqual({ last_event_at: "2023-01-01T05:00:01.000Z", last_error });
  });

  it("passes over hours in which no event was received, only settled, and goes on to days", async () => {
    const day = addToDay(pkOf(0), "one", "2025-01-01", { received: 4 }, "2025-01-01T12:30:00.000Z");
    await open.store.batch("deliveries", pkOf(0), [day, addCounts(pkOf(0), "one", "2025-01-01T13", { delivered: -1, erased: 1 })]);
    expect((await read()).last_event_at).toBe("2025-01-01T12:30:00.000Z");
    await count("one", "2025-01-01T12:00:00.000Z", 1);
    expect((await read()).last_event_at).toBe("2025-01-01T12:30:00.000Z");
    await count("one", "2025-01-02T12:00:00.000Z", 1);
    expect((await read()).last_event_at).toBe("2025-01-02T12:00:00.000Z");
  });

  it("is found behind as many hours as a replay may have made", async () => {
    await count("one", "2026-01-01T00:00:00.000Z", 0);
    for (let hours = 1; hours <= 30; hours++) {
      const hour = new Date(Date.UTC(2026, 0, 1, hours)).toISOString().slice(0, 13);
      await open.store.batch("deliveries", pkOf(0), [addCounts(pkOf(0), "one", hour, { received: 1, pending: 1 })]);
    }
    expect((await read()).last_event_at).toBe("2026-01-01T00:00:00.000Z");
  });
});
