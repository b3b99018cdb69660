import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ports } from "../../../shared/ports/ports.ts";
import { createTenant } from "../../../shared/tenants/manage-tenants.ts";
import type { Tenant } from "../../../shared/tenants/tenant.ts";
import { compactUsage } from "../../../shared/usage/compact-usage.ts";
import { type DayCounters, dayCountersId, dayOf, daysOfHours } from "../../../shared/usage/day-counters.ts";
import { addCounts, countersId, hourOf } from "../../../shared/usage/hour-counters.ts";
import { readLastSeen } from "../../../shared/usage/last-seen.ts";
import { readUsage, total } from "../../../shared/usage/read-usage.ts";
import { silentLog, testStores } from "../../support/embedded-store.ts";
import { mortalProcess } from "../../support/mortal-process.ts";
import { type FamilyStore, storeFamilies } from "../../support/store-families.ts";

const hour = 3_600_000;
const day = 24 * hour;

const newTenant = async (ports: Pick<Ports, "store" | "clock">, configs: readonly string[] = ["one"]): Promise<Tenant> => {
  const tenant = await createTenant(ports, 2)({ name: "Club", tier: "standard" });
  for (const id of configs) {
    await ports.store.create("configs", { id, pk: tenant.id });
  }
  return tenant;
};
const isoTime = (ms: number) => new Date(ms).toISOString();
const everything = async (ports: Pick<Ports, "store" | "clock">, tenant: Tenant, config: string) => {
  const { hours, days } = await readUsage(ports)(tenant, config, { from: ports.clock.now() - 400 * day, to: ports.clock.now() });
  return { hours, days, sum: total([...hours.values(), ...days.values()]) };
};

describe.each(storeFamilies)("compacting usage on %s", (_, openFamily) => {
  let open: FamilyStore;
  let tenant: Tenant;
  beforeEach(async () => {
    open = await openFamily();
    tenant = await newTenant(open);
  });
  afterEach(() => open.close());

  /** Of all days before the last 92, this one has been over the least time. */
  const oldNoon = () => Math.floor(open.clock.now() / day) * day - (daysOfHours + 1) * day + 12 * hour;
  const count = (at: number, counts: Record<string, number>, shard = 0, config = "one") => {
    const pk = `${tenant.id}|${shard}`;
    return open.store.batch("deliveries", pk, [addCounts(pk, config, hourOf(isoTime(at)), counts, isoTime(at))]);
  };

  it("adds up the hours of a day that is over 92 days, in each partition, with more counters than one patch can change", async () => {
    const latencies = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`latency_${n}`, 1]));
    for (let n = 0; n < 24; n++) {
      await count(oldNoon() - 12 * hour + n * hour, { received: 2, pending: 0, delivered: 2, ...latencies });
    }
    await count(oldNoon(), { received: 1, rejected: 1 }, 1);
    await compactUsage(open)(silentLog);
    const { hours, days } = await everything(open, tenant, "one");
    expect([...hours.keys()]).toEqual([]);
    const sums = Object.fromEntries(Object.keys(latencies).map((name) => [name, 24]));
    const date = dayOf(isoTime(oldNoon()));
    expect([...days]).toEqual([[date, { received: 49, pending: 0, delivered: 48, rejected: 1, ...sums }]]);
    const stored = await open.store.get<DayCounters>("deliveries", `${tenant.id}|0`, dayCountersId("one", date));
    expect(stored?.document).toMatchObject({ type: "usage_day", received: 48, last_event_at: isoTime(oldNoon() + 11 * hour) });
    expect(await readLastSeen(open)(tenant, "one")).toEqual({ last_event_at: isoTime(oldNoon() + 11 * hour), last_error: null });
  });

  it("leaves hours that are kept, and other configs' documents, as they are", async () => {
    await count(oldNoon() + 12 * hour, { received: 1 });
    await count(open.clock.now(), { received: 1 });
    await count(oldNoon(), { received: 5 }, 0, "one1");
    await compactUsage(open)(silentLog);
    const { hours, days } = await everything(open, tenant, "one");
    expect([...hours.keys()]).toEqual([oldNoon() + 12 * hour, open.clock.now()].map((at) => hourOf(isoTime(at))));
    expect([...days]).toEqual([]);
    expect(await open.store.get("deliveries", `${tenant.id}|0`, countersId("one1", hourOf(isoTime(oldNoon()))))).toBeDefined();
  });

  it("adds to a day what changed in it later, and says how many days it did", async () => {
    const lines: object[] = [];
    const log = { ...silentLog, info: (fields: object) => void lines.push(fields) };
    await count(oldNoon(), { received: 2, delivered: 2 });
    await compactUsage(open)(log);
    await count(oldNoon(), { delivered: -1, erased: 1 });
    expect((await everything(open, tenant, "one")).sum).toEqual({ received: 2, delivered: 1, erased: 1 });
    await compactUsage(open)(log);
    await compactUsage(open)(log);
    const { hours, days } = await everything(open, tenant, "one");
    expect([[...hours], [...days.values()]]).toEqual([[], [{ received: 2, delivered: 1, erased: 1 }]]);
    expect(lines).toEqual([1, 1].map((compacted) => ({ event: "usage_compacted", days: compacted })));
  });
});

describe("compacting usage", () => {
  it("counts everything once, wherever processes die, two at a time, while counters still change", async () => {
    const nextStore = testStores();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(1), fc.nat(1), fc.nat(50), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 40 }),
        fc.infiniteStream(fc.nat(99)),
        fc.nat(40),
        async (changes, dice, deathPercent) => {
          const open = await nextStore();
          const tenant = await newTenant(open, ["one", "two"]);
          const midnight = Math.floor(open.clock.now() / day) * day - (daysOfHours + 2) * day;
          const expected: Record<string, number> = { one: 0, two: 0 };
          const runs: Promise<void>[] = [];
          for (const [config, shard, hours, received] of changes) {
            const [pk, id] = [`${tenant.id}|${shard}`, ["one", "two"][config]!];
            await open.store.batch("deliveries", pk, [addCounts(pk, id, hourOf(isoTime(midnight + hours * hour)), { received })]);
            expected[id]! += received;
            if (dice.next().value! < 50) {
              const process = mortalProcess(() => {
                const roll = dice.next().value!;
                return roll >= deathPercent ? "never" : roll % 2 === 0 ? "before" : "after";
              });
              const mortal = { store: process.wrap(open.store, "store"), clock: open.clock };
              runs.push(compactUsage(mortal)(silentLog).catch(() => undefined));
            }
          }
          await Promise.all(runs);
          for (const id of ["one", "two"]) {
            expect((await everything(open, tenant, id)).sum["received"] ?? 0).toBe(expected[id]);
          }
          await compactUsage(open)(silentLog);
          for (const id of ["one", "two"]) {
            const { hours, sum } = await everything(open, tenant, id);
            expect([...hours.keys()].filter((time) => time < hourOf(isoTime(midnight + 2 * day)))).toEqual([]);
            expect(sum["received"] ?? 0).toBe(expected[id]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
