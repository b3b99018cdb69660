import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DeadPosition, deadDeliveries } from "../../../shared/delivery/dead-deliveries.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import type { Cursor } from "../../../shared/resends/resend.ts";
import { selectDeadLetters } from "../../../shared/resends/select-units.ts";
import { afterEachQuery } from "../../support/after-each-query.ts";
import { openTestStore } from "../../support/embedded-store.ts";

const start = Date.UTC(2026, 0, 1);
const idOf = (n: number) => `${String(n).padStart(4, "0")}:one`;

describe("a walk through deliveries with dead letters", () => {
  let open: ReturnType<typeof openTestStore>;
  let tenants = 0;
  beforeAll(() => {
    open = openTestStore();
  });
  afterAll(() => open.close());

  /** A tenant's partition with a delivery per time, in milliseconds since the start. */
  const partitionWith = async (times: readonly number[]) => {
    const tenant = { id: `tenant-${tenants++}`, event_shards: 1 };
    const pk = `${tenant.id}|0`;
    const put = (n: number, time: number | null) => {
      const dead_at = time === null ? null : start + time;
      return open.store.upsert("deliveries", { id: idOf(n), pk, type: "delivery", config_id: "one", dead_at });
    };
    await Promise.all(times.map((time, n) => put(n, time)));
    return { tenant, pk, put };
  };

  const walk = async (store: Ports["store"], pk: string, direction: "asc" | "desc", limit: number) => {
    const seen: string[] = [];
    let after: DeadPosition | undefined;
    do {
      const page = await deadDeliveries({ store }, pk, { direction, limit, laterThan: 0, after });
      expect(page.deliveries.length).toBeLessThanOrEqual(limit);
      seen.push(...page.deliveries.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    return seen;
  };

  it("meets each that stays as it is once, in order, whatever becomes of others between any two queries", async () => {
    const times = fc.array(fc.nat(3), { minLength: 1, maxLength: 14 });
    const change = fc.tuple(fc.nat(13), fc.constantFrom(null, 9));
    const changes = fc.array(fc.option(change, { nil: undefined }), { maxLength: 12 });
    const directions = fc.constantFrom("asc", "desc");
    await fc.assert(
      fc.asyncProperty(times, changes, directions, fc.integer({ min: 1, max: 4 }), async (all, plan, direction, limit) => {
        const { pk, put } = await partitionWith(all);
        const changed = new Set<string>();
        const waiting = [...plan];
        const store = afterEachQuery(open.store, async () => {
          const [n, time] = waiting.shift() ?? [];
          if (n !== undefined && time !== undefined && n < all.length) {
            changed.add(idOf(n));
            await put(n, time);
          }
        });
        const seen = await walk(store, pk, direction, limit);
        const places = all.map((time, n) => [time, idOf(n)] as const);
        const sorted = places.sort(([a, one], [b, other]) => a - b || (one < other ? -1 : 1)).map(([, id]) => id);
        const expected = direction === "asc" ? sorted : sorted.reverse();
        expect(seen.filter((id) => !changed.has(id))).toEqual(expected.filter((id) => !changed.has(id)));
      }),
      { numRuns: 100 },
    );
  });

  it("goes on to the end for a redelivery, though another one takes the last of a page", async () => {
    const { tenant, put } = await partitionWith(Array.from({ length: 320 }, (_, n) => n));
    let queries = 0;
    const store = afterEachQuery(open.store, () => (queries++ === 0 ? put(99, null) : undefined));
    const selected: string[] = [];
    for (let cursor: Cursor | null = { place: 0 }; cursor !== null; ) {
      const found = await selectDeadLetters({ store, clock: open.clock }, tenant, {}, cursor);
      selected.push(...found.units.map(({ id }) => id));
      cursor = found.cursor;
    }
    expect(selected).toHaveLength(319);
  });
});
