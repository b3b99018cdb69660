import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Delivery, deliveryId, type EventDelivery, stateOf } from "../../../shared/delivery/delivery.ts";
import { type EventFilter, type EventPosition, listEvents } from "../../../shared/delivery/list-events.ts";
import { idInBatch } from "../../../shared/events/event-id.ts";
import { partitionOf } from "../../../shared/tenants/partition.ts";
import { type Outcome, outcomes } from "../../../shared/usage/hour-counters.ts";
import { afterEachQuery } from "../../support/after-each-query.ts";
import { openTestStore } from "../../support/embedded-store.ts";

const start = Date.UTC(2026, 0, 1);
const configs = ["one", "two"] as const;
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0");
/** The id of the n-th batch, a second after the one before; its last digits decide its partition. */
function batchIdOf(n: number): string {
  const time = hex(start + n * 1000, 12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${hex(n * 0x700, 12)}`;
}
/** Events of every other batch have idempotency keys, and so documents of their own. */
const hasKeys = (n: number) => n % 2 === 1;
const eventIdOf = (n: number, place: number) =>
  hasKeys(n) ? `00000000-0000-8000-8000-${hex(n * 0x1000 + place, 12)}` : idInBatch(batchIdOf(n), place);

/** What each event of a batch became at each config; `undefined` where it was not for it. */
type Batch = readonly (readonly (Outcome | undefined)[])[];
const batches = fc.array(
  fc.array(fc.tuple(...configs.map(() => fc.option(fc.constantFrom<Outcome>("pending", "delivered", "suppressed"), { nil: undefined }))), {
    minLength: 1,
    maxLength: 3,
  }),
  { maxLength: 12 },
);

describe("listing events", () => {
  let open: ReturnType<typeof openTestStore>;
  let tenants = 0;
  beforeAll(() => {
    open = openTestStore();
  });
  afterAll(() => open.close());

  /** Stores batches a second apart, as if each had been fanned out; answers the tenant. */
  const store = async (all: readonly Batch[]) => {
    const tenant = { id: `tenant-${tenants++}`, event_shards: 3 };
    for (const [n, events] of all.entries()) {
      const id = batchIdOf(n);
      const pk = partitionOf(tenant.id, tenant.event_shards, id);
      const ids = events.map((_, place) => eventIdOf(n, place));
      const common = { pk, tenant_id: tenant.id, received_at: "" };
      const config_ids = configs.filter((_, at) => events.some((became) => became[at] !== undefined));
      await open.store.create("deliveries", { ...common, id, type: "batch", event_ids: ids, config_ids });
      for (const config_id of config_ids) {
        const became = events.map((event, place) => [ids[place]!, event[configs.indexOf(config_id)]] as const);
        const entries = became.flatMap(([eventId, outcome]) =>
          outcome === undefined ? [] : [[eventId, { outcome, attempts: [] } as EventDelivery] as const],
        );
        const of = Object.fromEntries(entries);
        const head = { ...common, id: deliveryId(id, config_id), type: "delivery", batch_id: id, config_id, provider: "acme" };
        await open.store.create("deliveries", { ...head, state: stateOf(of), events: of });
      }
      const kept = ids.map((eventId, place) => ({ id: eventId, event_name: `${n}.${place}`, occurred_at: "" }));
      if (hasKeys(n)) {
        for (const event of kept) {
          const of = partitionOf(tenant.id, tenant.event_shards, event.id);
          await open.store.create("events", { ...common, ...event, pk: of, batch_id: id, content_hash: "" });
        }
      } else {
        await open.store.create("events", { ...common, id, events: kept });
      }
    }
    return tenant;
  };

  type Listed = { event_name: string; deliveries: Record<string, { outcome: Outcome }> };
  const listAll = async (tenant: { id: string; event_shards: number }, filter: EventFilter) => {
    const pages: Listed[][] = [];
    let after: EventPosition | undefined;
    do {
      const page = await listEvents(open)(tenant, { ...filter, after });
      pages.push(page.items as Listed[]);
      // A position goes through the caller's hands as JSON.
      after = page.next && (JSON.parse(JSON.stringify(page.next)) as EventPosition);
    } while (after !== undefined);
    return pages;
  };

  it("finds exactly what the filter says, newest batch first, in full pages, each event once", async () => {
    const filters = fc.record({
      limit: fc.integer({ min: 1, max: 5 }),
      configId: fc.option(fc.constantFrom(...configs), { nil: undefined }),
      outcome: fc.option(fc.constantFrom<Outcome>("pending", "delivered", "suppressed", "rejected"), { nil: undefined }),
      sinceBatch: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(batches, filters, async (all, { limit, configId, outcome, sinceBatch }) => {
        const tenant = await store(all);
        const since = sinceBatch === undefined ? undefined : new Date(start + sinceBatch * 1000).toISOString();

        const pages = await listAll(tenant, { limit, configId, outcome, since });

        const isListed = (became: readonly (Outcome | undefined)[]) =>
          (configId === undefined && outcome === undefined) ||
          became.some((at, index) => at !== undefined && (configId ?? configs[index]) === configs[index] && (outcome ?? at) === at);
        const expected = all
          .map((events, index) => events.flatMap((became, at) => (isListed(became) ? [`${index}.${at}`] : [])))
          .filter((_, index) => index >= (sinceBatch ?? 0))
          .reverse()
          .flat();
        expect(pages.flat().map(({ event_name }) => event_name)).toEqual(expected);
        expect(pages.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("shows each event's outcomes, of one config where only that was asked for", async () => {
    const tenant = await store([[["delivered", "suppressed"]]]);
    const [[both]] = (await listAll(tenant, { limit: 5 })) as [[Listed]];
    expect(both.deliveries).toEqual({
      one: { provider: "acme", outcome: "delivered", attempts: 0 },
      two: { provider: "acme", outcome: "suppressed", attempts: 0 },
    });
    const [[one]] = (await listAll(tenant, { limit: 5, configId: "one" })) as [[Listed]];
    expect(Object.keys(one.deliveries)).toEqual(["one"]);
    expect(both).not.toHaveProperty("pk");
  });

  it("leaves out what is gone, and goes on after it", async () => {
    const became = ["delivered", undefined] as const;
    const tenant = await store([[became], [became, became, became], [became]]);
    for (const gone of [eventIdOf(1, 0), eventIdOf(1, 1), batchIdOf(2)]) {
      await open.store.delete("events", partitionOf(tenant.id, tenant.event_shards, gone), gone);
    }
    for (const limit of [1, 2, 3]) {
      const listed = (await listAll(tenant, { limit })).flat();
      expect(listed.map(({ event_name }) => event_name)).toEqual(["1.2", "0.0"]);
    }
  });

  it("shows an event once that two batches name, with the batch that has it", async () => {
    const tenant = await store([[["delivered", undefined]], [["pending", undefined]]]);
    const id = batchIdOf(2);
    const pk = partitionOf(tenant.id, tenant.event_shards, id);
    await open.store.create("deliveries", { id, pk, type: "batch", event_ids: [eventIdOf(1, 0)], config_ids: [] });
    const listed = (await listAll(tenant, { limit: 5 })).flat();
    expect(listed.map(({ event_name }) => event_name)).toEqual(["1.0", "0.0"]);
  });

  it("looks at a hundred batches for a page and says where to go on, however few it has found", async () => {
    const mixed: Batch = [
      ["delivered", undefined],
      ["suppressed", undefined],
    ];
    const tenant = await store([[["rejected", undefined]], ...Array.from({ length: 120 }, () => mixed)]);
    let queries = 0;
    const counting = { store: afterEachQuery(open.store, () => queries++) };
    const first = await listEvents(counting)(tenant, { limit: 1, outcome: "rejected" });
    expect(first).toEqual({ items: [], next: { batch: batchIdOf(21), skip: 2 } });
    expect(queries).toBeLessThan(20);
    const second = await listEvents(counting)(tenant, { limit: 1, outcome: "rejected", after: first.next });
    expect(second.items).toMatchObject([{ event_name: "0.0" }]);
  });

  it("hides no event when others of its batch change their outcome between two pages", async () => {
    const tenant = await store([
      [
        ["pending", undefined],
        ["pending", undefined],
        ["pending", undefined],
      ],
    ]);
    const first = await listEvents(open)(tenant, { limit: 1, outcome: "pending" });
    const pk = partitionOf(tenant.id, tenant.event_shards, batchIdOf(0));
    const { document } = (await open.store.get<Delivery>("deliveries", pk, deliveryId(batchIdOf(0), "one")))!;
    const delivered = { [eventIdOf(0, 0)]: { outcome: "delivered", attempts: [] } } as const;
    await open.store.upsert("deliveries", { ...document, state: "mixed", events: { ...document.events, ...delivered } });
    const second = await listEvents(open)(tenant, { limit: 5, outcome: "pending", after: first.next });
    expect(second.items).toMatchObject([{ event_name: "0.1" }, { event_name: "0.2" }]);
  });

  it("knows every outcome there is", async () => {
    const tenant = await store([outcomes.map((outcome) => [outcome, undefined])]);
    for (const [at, outcome] of outcomes.entries()) {
      const listed = (await listAll(tenant, { limit: 5, outcome })).flat();
      expect(listed.map(({ event_name }) => event_name)).toEqual([`0.${at}`]);
    }
  });
});
