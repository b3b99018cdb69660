import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Document } from "../../../shared/ports/document-store.ts";
import { noTelemetry, type Telemetry } from "../../../shared/ports/telemetry.ts";
import { type Tenant, tenantsPartition } from "../../../shared/tenants/tenant.ts";
import { addCounts, countersId, type HourCounters, hourOf, type Outcome } from "../../../shared/usage/hour-counters.ts";
import { openTestStore, testStores } from "../../support/embedded-store.ts";
import { mortalProcess } from "../../support/mortal-process.ts";
import { correctionsOf, deliver, isoTime, type Line, newTenant, pkOf, plant, reconcile, usageOf } from "../../support/reconcile-scene.ts";
import { type FamilyStore, storeFamilies } from "../../support/store-families.ts";

const hour = 3_600_000;

describe.each(storeFamilies)("reconciling the books on %s", (_, openFamily) => {
  let open: FamilyStore;
  let tenant: Tenant;
  beforeEach(async () => {
    open = await openFamily();
    tenant = await newTenant(open);
    // To the middle of the next hour, so that nothing here happens on the hour.
    await open.advance(hour - (open.clock.now() % hour) + hour / 2);
  });
  afterEach(() => open.close());

  it("finds a wrong counter, repairs it once, and says so in a record, in the counters and in an alarm", async () => {
    const at = open.clock.now();
    await deliver(open, tenant, 0, at, ["delivered", "suppressed"]);
    await deliver(open, tenant, 1, at, ["rejected"]);
    await plant(open, tenant, 0, at, { delivered: 1, dead_lettered: 2, suppressed: -1, suppressed_bot: -1, latency_3: 1 });
    await open.advance(2 * hour);
    const [warning, ...others] = await reconcile(open);
    const of = { config_id: "one", hour: hourOf(isoTime(at)) };
    const before = { received: 2, delivered: 2, dead_lettered: 2 };
    const after = { received: 2, delivered: 1, suppressed: 1, suppressed_bot: 1 };
    expect(warning).toEqual(["warn", { event: "books_corrected", tenant_id: tenant.id, ...of, before, after }]);
    expect(others).toEqual([["info", { event: "books_reconciled", hours: 2, corrections: 1, contended: 0 }]]);
    expect(await correctionsOf(open, tenant)).toMatchObject([
      { type: "correction", pk: pkOf(tenant, 0), ...of, before, after, at: expect.stringMatching(/Z$/) },
    ]);
    const repaired = { ...after, received: 3, rejected: 1, bytes_sent: 20, latency_3: 1, corrections: 1 };
    expect([...(await usageOf(open, tenant)).values()]).toEqual([repaired]);
    const stored = await open.store.get<HourCounters>("deliveries", pkOf(tenant, 0), countersId("one", of.hour));
    expect(stored?.document).toMatchObject({ type: "usage", last_event_at: isoTime(at) });
    await open.advance(50 * hour);
    for (let run = 0; run < 12; run++) {
      expect((await reconcile(open)).map(([level]) => level)).toEqual(["info"]);
    }
    expect(await correctionsOf(open, tenant)).toHaveLength(1);
  });

  it("makes counters anew that are gone, and empties those that no delivery accounts for", async () => {
    const at = open.clock.now();
    await deliver(open, tenant, 0, at, ["delivered"]);
    await open.store.delete("deliveries", pkOf(tenant, 0), countersId("one", hourOf(isoTime(at))));
    await plant(open, tenant, 1, at + hour, { received: 5, pending: 5 });
    await open.advance(3 * hour);
    await reconcile(open);
    expect([...(await usageOf(open, tenant))]).toEqual([
      [hourOf(isoTime(at)), { received: 1, delivered: 1, corrections: 1 }],
      [hourOf(isoTime(at + hour)), { corrections: 1 }],
    ]);
  });

  it("leaves an hour alone until it has been over for an hour, and looks again when retries are over", async () => {
    const at = open.clock.now();
    const isCorrected = async () => (await reconcile(open)).some(([level]) => level === "warn");
    await plant(open, tenant, 0, at, { received: 1 });
    await open.advance(hour);
    expect(await isCorrected()).toBe(false);
    await open.advance(hour / 2);
    expect(await isCorrected()).toBe(true);
    await plant(open, tenant, 0, at, { received: 1 });
    for (let hours = 0; hours < 47; hours++) {
      await open.advance(hour);
      expect(await isCorrected()).toBe(false);
    }
    await open.advance(hour);
    expect(await isCorrected()).toBe(true);
  });

  it("catches up with six hours of a partition in a run, and looks back a week", async () => {
    const at = open.clock.now();
    for (let hours = 0; hours < 200; hours++) {
      await plant(open, tenant, 0, at + hours * hour, { received: 1 });
    }
    await open.advance(201 * hour);
    const corrected = async () => (await reconcile(open)).filter(([level]) => level === "warn").map(([, fields]) => fields["hour"]);
    const back = Array.from({ length: 13 }, (_, n) => hourOf(isoTime(at + (201 - 168 + n) * hour)));
    // Each pass begins at the same hour: the second finds nothing left of the first six.
    expect(await corrected()).toEqual(back.slice(0, 6));
    expect(await corrected()).toEqual(back.slice(6, 12));
  });
});

describe("reconciling the books", () => {
  it("corrects nothing that changes while it looks, and comes back to it", async () => {
    const open = openTestStore();
    onTestFinished(open.close);
    const tenant = await newTenant(open);
    const at = open.clock.now();
    const delivery = await deliver(open, tenant, 0, at, ["pending"]);
    await plant(open, tenant, 0, at, { received: 1 });
    await open.clock.jump(2.5 * hour);
    const settleBack = async () => {
      const pk = pkOf(tenant, 0);
      await open.store.batch("deliveries", pk, [addCounts(pk, "one", hourOf(delivery.received_at), { pending: 0 })]);
    };
    const store = new Proxy(open.store, {
      get: (target, name: keyof typeof open.store) =>
        name === "batch"
          ? async (...call: Parameters<typeof target.batch>) => {
              await settleBack();
              return target.batch(...call);
            }
          : (target[name] as () => unknown).bind(target),
    });
    const contended = await reconcile({ store, clock: open.clock });
    expect(contended).toEqual([["info", { event: "books_reconciled", hours: 1, corrections: 0, contended: 1 }]]);
    expect(await correctionsOf(open, tenant)).toEqual([]);
    expect((await reconcile(open))[0]).toMatchObject(["warn", { event: "books_corrected" }]);
  });

  it("takes nothing for wrong that comes in between its readings", async () => {
    const open = openTestStore();
    onTestFinished(open.close);
    const tenant = await newTenant(open);
    const at = open.clock.now();
    await deliver(open, tenant, 0, at, ["delivered"]);
    await plant(open, tenant, 0, at, { received: 1 });
    await open.clock.jump(2.5 * hour);
    let arrivals = 3;
    const query: typeof open.store.query = async (container, pk, asked) => {
      const page = await open.store.query<Document>(container, pk, asked);
      if (container === "deliveries" && asked.where[0]?.value === "delivery" && arrivals-- > 0) {
        await deliver(open, tenant, 0, at, ["delivered"]);
      }
      return page as never;
    };
    const store = new Proxy(open.store, {
      get: (target, name: keyof typeof open.store) => (name === "query" ? query : (target[name] as () => unknown).bind(target)),
    });
    await reconcile({ store, clock: open.clock });
    await reconcile(open);
    expect(await correctionsOf(open, tenant)).toMatchObject([
      { before: { received: 5, delivered: 4 }, after: { received: 4, delivered: 4 } },
    ]);
  });

  it("counts corrections for whoever watches the gateway", async () => {
    const open = openTestStore();
    onTestFinished(open.close);
    const tenant = await newTenant(open, ["one", "two"]);
    await plant(open, tenant, 0, open.clock.now(), { received: 1 }, "one");
    await plant(open, tenant, 1, open.clock.now(), { received: 1 }, "two");
    await open.clock.jump(2.5 * hour);
    const counted: unknown[] = [];
    const telemetry: Telemetry = { ...noTelemetry, count: (...call) => void counted.push(call) };
    await reconcile({ store: open.store, clock: open.clock, telemetry });
    expect(counted).toEqual(Array(2).fill(["carreau_books_corrections_total", {}, 1]));
  });

  it("goes on with other partitions when one can't be read", async () => {
    const open = openTestStore();
    onTestFinished(open.close);
    const tenant = await newTenant(open);
    await plant(open, tenant, 1, open.clock.now(), { received: 1 });
    await open.clock.jump(2.5 * hour);
    const get: typeof open.store.get = async (container, pk, id) => {
      if (pk === pkOf(tenant, 0)) {
        throw new Error("no answer");
      }
      return open.store.get(container, pk, id);
    };
    const store = new Proxy(open.store, {
      get: (target, name: keyof typeof open.store) => (name === "get" ? get : (target[name] as () => unknown).bind(target)),
    });
    expect(await reconcile({ store, clock: open.clock })).toMatchObject([
      ["error", { event: "reconcile_failed", partition: pkOf(tenant, 0), error: "no answer" }],
      ["warn", { event: "books_corrected" }],
      ["info", { corrections: 1 }],
    ]);
  });

  it("raises the alarm of a repair that a run died of, after any of its calls", async () => {
    const open = openTestStore();
    onTestFinished(open.close);
    const isAlarm = ([, { event }]: Line) => event === "books_corrected";
    let deaths = 0;
    for (let isOver = false; !isOver; ) {
      const tenant = await newTenant(open);
      await plant(open, tenant, 0, open.clock.now(), { received: 1 });
      await open.clock.jump(2.5 * hour);
      const lines: Line[] = [];
      let calls = 0;
      const process = mortalProcess(() => (calls++ === deaths ? "after" : "never"));
      await reconcile({ store: process.wrap(open.store, "store"), clock: open.clock }, lines).catch(() => undefined);
      await reconcile(open, lines);
      expect(await correctionsOf(open, tenant)).toHaveLength(1);
      expect(lines.filter(isAlarm).length).toBeGreaterThan(0);
      expect((await reconcile(open)).filter(isAlarm)).toEqual([]);
      isOver = !process.isDead;
      deaths++;
      await open.store.delete("tenants", tenantsPartition, tenant.id);
    }
    expect(deaths).toBeGreaterThan(10);
  });

  it("repairs each wrong hour once, and raises its alarm, wherever it dies and whoever runs at the same time", async () => {
    const outcome = fc.constantFrom<Outcome>("pending", "delivered", "suppressed", "rejected", "erased");
    const deliveries = fc.array(fc.tuple(fc.nat(1), fc.nat(3), fc.array(outcome, { minLength: 1, maxLength: 4 })), { maxLength: 12 });
    const wrongs = fc.uniqueArray(fc.tuple(fc.nat(1), fc.nat(3), fc.integer({ min: 1, max: 3 })), {
      maxLength: 4,
      selector: ([shard, hours]) => `${shard} ${hours}`,
    });
    const nextStore = testStores();
    await fc.assert(
      fc.asyncProperty(deliveries, wrongs, fc.infiniteStream(fc.nat(99)), fc.nat(40), async (all, planted, dice, deathPercent) => {
        const open = await nextStore();
        const tenant = await newTenant(open, ["one", "two"]);
        const at = open.clock.now() + hour / 3;
        const configOf = (shard: number) => ["one", "two"][shard]!;
        for (const [shard, hours, reached] of all) {
          await deliver(open, tenant, shard, at + hours * hour, reached, configOf(shard));
        }
        const right = await Promise.all(["one", "two"].map((id) => usageOf(open, tenant, id)));
        for (const [shard, hours, by] of planted) {
          await plant(open, tenant, shard, at + hours * hour, { received: by, delivered: by }, configOf(shard));
        }
        await open.clock.jump(6 * hour);
        const lines: Line[] = [];
        const mortalRun = () => {
          const process = mortalProcess(() => {
            const roll = dice.next().value!;
            return roll >= deathPercent ? "never" : roll % 2 === 0 ? "before" : "after";
          });
          return reconcile({ store: process.wrap(open.store, "store"), clock: open.clock }, lines).catch(() => undefined);
        };
        for (let round = 0; round < 3; round++) {
          await Promise.all([mortalRun(), mortalRun()]);
        }
        await reconcile(open, lines);
        const corrections = await correctionsOf(open, tenant);
        const alarms = lines.flatMap(([level, line]) => (level === "warn" ? [`${line["config_id"]} ${line["hour"]}`] : []));
        const named = (config: string, time: string) => `${config} ${time}`;
        expect(corrections.map(({ config_id, hour: time }) => named(config_id, time)).sort()).toEqual(
          planted.map(([shard, hours]) => named(configOf(shard), hourOf(isoTime(at + hours * hour)))).sort(),
        );
        expect(new Set(alarms)).toEqual(new Set(corrections.map(({ config_id, hour: time }) => named(config_id, time))));
        for (const [index, id] of ["one", "two"].entries()) {
          for (const [time, { corrections: times = 0, ...counts }] of await usageOf(open, tenant, id)) {
            expect([time, counts]).toEqual([time, right[index]!.get(time) ?? {}]);
            expect(times).toBe(corrections.filter(({ config_id, hour: of }) => config_id === id && of === time).length);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
