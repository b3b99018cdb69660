import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DocumentStore } from "../../../shared/ports/document-store.ts";
import type { Log } from "../../../shared/ports/log.ts";
import { Problem } from "../../../shared/problems/problem.ts";
import { dayOf, type SaltDocument, type SaltOfDay, saltOfDay, saltsPartition } from "../../../shared/visitors/salts.ts";
import { silentLog } from "../../support/embedded-store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type ClockedStore, clockedStores } from "../../support/salt-stores.ts";

const day = 86_400_000;

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Collects what nothing refers to, once the running job, which keeps what it looked at, is over. */
async function collectGarbage(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  gc();
}

const weakly = async (salt: SaltOfDay) => new WeakRef((await salt())!);

describe.each(clockedStores)("the salt of a day, on %s", (_, openStore) => {
  let open: ClockedStore;
  const instance = (store: DocumentStore = open.store, log: Log = silentLog) => saltOfDay({ store, clock: open.clock, log });
  const toNextDay = () => open.jump(dayOf(open.clock.now()).endsAt - open.clock.now());
  const stored = () => open.store.get<SaltDocument>("visitor-salts", saltsPartition, dayOf(open.clock.now()).id);
  beforeAll(async () => {
    open = await openStore();
  });
  afterAll(() => open.close());

  it("is 256 random bits, the same all day long and another one the next day", async () => {
    await toNextDay();
    const salt = instance();
    const first = await salt();
    expect(first).toHaveLength(32);
    await open.jump(day - 1);
    expect(await salt()).toEqual(first);
    await open.jump(1);
    const next = await salt();
    expect(next).toHaveLength(32);
    expect(next).not.toEqual(first);
    await open.jump(day - 1);
    expect(await salt()).toEqual(next);
  });

  it("is one for all instances, also when all ask for the first time at once", async () => {
    await toNextDay();
    const salts = await Promise.all(Array.from({ length: 10 }, () => instance()()));
    expect(new Set(salts.map((salt) => salt?.toString("hex"))).size).toBe(1);
    expect(salts[0]).toHaveLength(32);
    await open.jump(3_600_000);
    expect(await instance()()).toEqual(salts[0]);
  });

  it("is read once, however often it is asked for", async () => {
    await toNextDay();
    let calls = 0;
    const counting = new Proxy(open.store, {
      get: (target, name: keyof DocumentStore) => {
        calls++;
        return target[name].bind(target);
      },
    });
    const salt = instance(counting);
    await Promise.all(Array.from({ length: 100 }, () => salt()));
    await open.jump(day - 1);
    await salt();
    expect(calls).toBe(1);
  });

  it("goes by itself three days after its own, should nobody destroy it", async () => {
    await toNextDay();
    await open.jump(5 * 3_600_000);
    await instance()();
    const { id } = dayOf(open.clock.now());
    await open.jump(dayOf(open.clock.now()).endsAt - open.clock.now() + 3 * day - 1_000);
    expect(await open.store.get("visitor-salts", saltsPartition, id)).toBeDefined();
    await open.jump(2_000);
    expect(await open.store.get("visitor-salts", saltsPartition, id)).toBeUndefined();
  });

  it("is missed without an error while the store fails, and asked for again soon", async () => {
    await toNextDay();
    const lines: object[] = [];
    let isDown = true;
    let calls = 0;
    const shaky = new Proxy(open.store, {
      get: (target, name: keyof DocumentStore) => {
        calls++;
        return isDown ? () => Promise.reject(new Problem("store-unavailable")) : target[name].bind(target);
      },
    });
    const salt = instance(shaky, { ...silentLog, warn: (fields) => void lines.push(fields) });
    expect(await Promise.all([salt(), salt(), salt()])).toEqual([undefined, undefined, undefined]);
    expect(await salt()).toBeUndefined();
    expect(calls).toBe(1);
    expect(lines).toMatchObject([{ event: "visitor_salt_unavailable", period: dayOf(open.clock.now()).id }]);
    isDown = false;
    await open.jump(5_000);
    expect((await salt())?.toString("base64url")).toBe((await stored())?.document.salt);
  });
});

describe("the salt of a day, in memory", () => {
  it("is forgotten when the day ends, without anybody asking", async () => {
    const clock = new FakeClock();
    const store = { create: async () => ({}) } as unknown as DocumentStore;
    const salt = saltOfDay({ store, clock, log: silentLog });
    const held = await weakly(salt);
    await collectGarbage();
    expect(held.deref()).toHaveLength(32);
    await clock.jump(day);
    await collectGarbage();
    expect(held.deref()).toBeUndefined();
    expect(clock.pendingCount).toBe(0);
  });

  it.each([
    [Date.UTC(2026, 10, 21), "day:2026-11-21", Date.UTC(2026, 10, 22)],
    [Date.UTC(2026, 10, 22) - 1, "day:2026-11-21", Date.UTC(2026, 10, 22)],
    [Date.UTC(2028, 1, 28, 23, 30), "day:2028-02-28", Date.UTC(2028, 1, 29)],
  ])("is of the UTC day of %d", (time, id, endsAt) => {
    expect(dayOf(time)).toEqual({ id, endsAt });
  });
});
