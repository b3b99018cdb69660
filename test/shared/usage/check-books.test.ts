import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noTelemetry, type Telemetry } from "../../../shared/ports/telemetry.ts";
import { createTenant } from "../../../shared/tenants/manage-tenants.ts";
import { checkBooks } from "../../../shared/usage/check-books.ts";
import { countersId, hourOf, isBalanced, outcomes } from "../../../shared/usage/hour-counters.ts";
import { openTestStore } from "../../support/embedded-store.ts";

const hour = 3_600_000;

describe("checking the books", () => {
  let open: ReturnType<typeof openTestStore>;
  let tenantId: string;
  beforeEach(async () => {
    open = openTestStore();
    ({ id: tenantId } = await createTenant(open, 3)({ name: "Club", tier: "standard" }));
    await open.store.create("configs", { id: "one", pk: tenantId });
  });
  afterEach(() => open.close());

  const count = (shard: number, counts: Record<string, number>, hoursAgo = 0) => {
    const id = countersId("one", hourOf(new Date(open.now() - hoursAgo * hour).toISOString()));
    return open.store.create("deliveries", { id, pk: `${tenantId}|${shard}`, type: "usage", ...counts });
  };
  const check = async () => {
    const lines: [string, object][] = [];
    const line = (level: string) => (fields: object) => void lines.push([level, fields]);
    await checkBooks(open)({ info: line("info"), warn: line("warn"), error: line("error") });
    return lines;
  };

  it("says only how many counters it looked at when all balance, the sum over partitions being what counts", async () => {
    await count(0, { received: 2, pending: 1, delivered: 1, suppressed: 0, bytes_sent: 900 });
    await count(2, { received: 1, suppressed: 1, suppressed_bot: 1 });
    await count(1, { received: 1, rejected: 1 }, 2);
    expect(await check()).toEqual([["info", { event: "books_checked", counters: 2 }]]);
  });

  it.each([
    ["an event has no outcome", { received: 2, delivered: 1 }],
    ["an event has two", { received: 1, delivered: 1, rejected: 1 }],
    ["an outcome has no event", { delivered: 1 }],
  ])("raises an alarm when %s, with the config, the hour and the counters", async (_, counts) => {
    await count(1, counts, 1);
    const fields = { event: "books_unbalanced", tenant_id: tenantId, config_id: "one", hour: "2025-12-31T23", counts };
    expect((await check())[0]).toEqual(["error", fields]);
  });

  it("counts an hour that does not add up with each check, so that the number falls silent once it does", async () => {
    const counted: [string, number | undefined][] = [];
    const telemetry: Telemetry = { ...noTelemetry, count: (name, _, by) => void counted.push([name, by]) };
    const checkCounting = () => checkBooks({ ...open, telemetry })({ info: () => {}, warn: () => {}, error: () => {} });
    await count(0, { received: 1 }, 2);
    await checkCounting();
    await checkCounting();
    await open.clock.jump(2 * hour);
    await checkCounting();
    expect(counted.filter(([name]) => name === "carreau_books_unbalanced_total").map(([, by]) => by)).toEqual([1, 1, 0]);
  });

  it("looks back three hours", async () => {
    await count(0, { received: 1 }, 3);
    expect((await check())[0]?.[0]).toBe("error");
    await open.clock.jump(hour);
    expect(await check()).toEqual([["info", { event: "books_checked", counters: 0 }]]);
  });
});

describe("a balance", () => {
  it("knows the outcomes of the specification, and no other", () => {
    const specified = "pending delivered accepted_unverifiable suppressed dropped_by_provider rejected dead_lettered expired erased";
    expect(outcomes).toEqual(specified.split(" "));
  });

  it.each(outcomes)("knows the outcome %s", (outcome) => {
    expect(isBalanced({ received: 3, [outcome]: 3 })).toBe(true);
    expect(isBalanced({ received: 3, [outcome]: 2 })).toBe(false);
  });

  it("is of nothing too, and leaves out what is counted beside", () => {
    expect(isBalanced({})).toBe(true);
    expect(isBalanced({ bytes_sent: 10, suppressed_bot: 1 })).toBe(true);
  });
});
