import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countChanges, type Delivery, dueAt, type EventDelivery, stateOf, withoutNulls } from "../../../shared/delivery/delivery.ts";
import { isBalanced, outcomes } from "../../../shared/usage/hour-counters.ts";
import { total } from "../../../shared/usage/read-usage.ts";

const eventDelivery: fc.Arbitrary<EventDelivery> = fc
  .tuple(fc.constantFrom(...outcomes), fc.constantFrom("bot", "config_inactive"))
  .map(([outcome, reason]) => (outcome === "suppressed" ? { outcome, reason, attempts: [] } : { outcome, attempts: [] }));
const eventsOf = (ids: readonly string[]) =>
  fc
    .tuple(...ids.map(() => eventDelivery))
    .map((deliveries) => Object.fromEntries(ids.map((id, index) => [id, deliveries[index]!] as const)));
const ids = ["a", "b", "c", "d"];

describe("a delivery's state", () => {
  it("is the outcome that all events share, or mixed", () => {
    const pending = { outcome: "pending", attempts: [] } as const;
    const delivered = { outcome: "delivered", attempts: [] } as const;
    expect(stateOf({ a: pending, b: pending })).toBe("pending");
    expect(stateOf({ a: pending, b: delivered })).toBe("mixed");
    expect(dueAt({ a: pending, b: delivered }, 5)).toBe(5);
    expect(dueAt({ b: delivered }, 5)).toBeNull();
  });
});

describe("a delivery as it is stored", () => {
  it("has the times that are numbers, and not the others", () => {
    const delivery = { id: "a", events: {} } as unknown as Delivery;
    expect(withoutNulls({ ...delivery, due_at: null, dead_at: null })).toEqual(delivery);
    expect(withoutNulls({ ...delivery, due_at: 0, dead_at: 7 })).toEqual({ ...delivery, due_at: 0, dead_at: 7 });
    expect(Object.keys(withoutNulls({ ...delivery, due_at: null }))).toEqual(["id", "events"]);
  });
});

describe("the counters of a delivery", () => {
  it("are the recount of its events after any changes, and balance with what was received", () => {
    fc.assert(
      fc.property(fc.array(eventsOf(ids), { minLength: 1, maxLength: 6 }), (versions) => {
        const changes = versions.map((after, at) => countChanges(at === 0 ? {} : versions[at - 1]!, after));
        const counted = total([{ received: ids.length }, ...changes]);
        const recount = total([{ received: ids.length }, countChanges({}, versions.at(-1)!)]);
        const nonZero = (counts: Readonly<Record<string, number>>) => Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== 0));
        expect(isBalanced(counted)).toBe(true);
        // Outcomes only: a reason changes with its outcome, never alone.
        for (const outcome of outcomes) {
          expect([outcome, counted[outcome] ?? 0]).toEqual([outcome, recount[outcome] ?? 0]);
        }
        expect(nonZero(countChanges(versions[0]!, versions[0]!))).toEqual({});
      }),
    );
  });

  it("count a suppressed event by its reason too", () => {
    const suppressed = { outcome: "suppressed", reason: "bot", attempts: [] } as const;
    expect(countChanges({}, { a: suppressed, b: suppressed })).toEqual({ suppressed: 2, suppressed_bot: 2 });
    expect(countChanges({ a: { outcome: "pending", attempts: [] } }, { a: suppressed })).toEqual({
      pending: -1,
      suppressed: 1,
      suppressed_bot: 1,
    });
  });
});
