import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PreparedEvent, prepareEvent, type RequestFacts } from "../../../shared/events/prepare-event.ts";
import { Problem } from "../../../shared/problems/problem.ts";
import { noSignals } from "../../support/no-signals.ts";

const now = Date.UTC(2026, 2, 1, 10);
const facts: RequestFacts = {
  tenantId: "t",
  keyKind: "secret",
  clientAddress: undefined,
  userAgent: undefined,
  signals: noSignals,
  idempotencyKey: undefined,
  isBatch: false,
};
const prepare = (event: unknown): PreparedEvent => prepareEvent(event, 0, facts, now);
const refusal = (event: unknown) => {
  try {
    prepare(event);
  } catch (error) {
    return error as Problem;
  }
  return undefined;
};

describe("preparing a posted event", () => {
  it("keeps what was sent, drops nulls, and fills in the time", () => {
    const { content, adjustments } = prepare({ event_name: "Signup", user_id: null, event_properties: { plan: "pro", seats: null } });
    expect(content).toEqual({
      event_name: "Signup",
      event_properties: { plan: "pro", seats: null },
      occurred_at: "2026-03-01T10:00:00.000Z",
    });
    expect(adjustments).toEqual([]);
  });

  it.each([
    ["2026-02-26T09:59:59Z", "2026-02-26T10:00:00.000Z", "clamped"],
    ["2026-02-26T10:00:01Z", "2026-02-26T10:00:01.000Z", undefined],
    ["2026-03-01T11:05:00+01:00", "2026-03-01T10:05:00.000Z", undefined],
    ["2026-03-01T10:05:01Z", "2026-03-01T10:05:00.000Z", "clamped"],
  ])("takes %s as %s", (occurred_at, kept, change) => {
    const { content, adjustments } = prepare({ event_name: "a", occurred_at });
    expect(content.occurred_at).toBe(kept);
    expect(adjustments[0]?.change).toBe(change);
  });

  it("cuts long descriptive texts and says which, without cutting a character in two", () => {
    const { content, adjustments } = prepare({ event_name: "a", page_title: `${"x".repeat(511)}🎯`, referrer: "r".repeat(3_000) });
    expect(content.page_title).toBe("x".repeat(511));
    expect(adjustments.map(({ pointer, change }) => [pointer, change])).toEqual([
      ["/page_title", "truncated"],
      ["/referrer", "truncated"],
    ]);
  });

  it.each([
    ["/event_name", {}],
    ["/event_name", { event_name: "" }],
    ["/event_name", { event_name: "n".repeat(201) }],
    ["/user_id", { event_name: "a", user_id: "u".repeat(201) }],
    ["/event_propertis", { event_name: "a", event_propertis: {} }],
    ["/event_properties", { event_name: "a", event_properties: [1] }],
    ["/page_url", { event_name: "a", page_url: "javascript:alert(1)" }],
    ["/page_url", { event_name: "a", page_url: "no url" }],
    ["/occurred_at", { event_name: "a", occurred_at: "yesterday" }],
    ["/revenue/amount", { event_name: "a", revenue: { amount: "49", currency: "EUR" } }],
    ["/revenue/currency", { event_name: "a", revenue: { amount: 49, currency: "euro" } }],
    ["/context/ip", { event_name: "a", context: { ip: "1.2.3" } }],
    ["/consent/analytics", { event_name: "a", consent: { analytics: "yes" } }],
    ["/event_properties/a~1b", { event_name: "a", event_properties: { "a/b": JSON.parse("1e400") } }],
    ["/event_properties/x/__proto__", { event_name: "a", event_properties: { x: JSON.parse('{"__proto__":1}') } }],
    ["", "text"],
    ["", null],
  ])("names %s of %j", (pointer, event) => {
    expect(refusal(event)).toMatchObject({ code: "event-invalid", extensions: { pointer } });
  });

  it("refuses what is too deep, too many or too large", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(9)}1${"}".repeat(9)}`);
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`k${n}`, n]));
    expect(refusal({ event_name: "a", event_properties: deep })?.code).toBe("event-invalid");
    expect(refusal({ event_name: "a", event_properties: many })?.code).toBe("event-invalid");
    expect(refusal({ event_name: "a", event_properties: { text: "x".repeat(33_000) } })?.code).toBe("event-too-large");
  });

  it("answers anything with an event or a problem", () => {
    const fields = [
      "event_name",
      "event_properties",
      "user_id",
      "page_url",
      "occurred_at",
      "revenue",
      "context",
      "consent",
      "idempotency_key",
      "user_agent",
    ];
    const anything = fc.anything({ maxDepth: 4, withObjectString: true });
    const almost = fc.dictionary(fc.constantFrom(...fields), anything).map((event): unknown => ({ event_name: "a", ...event }));
    fc.assert(
      fc.property(fc.oneof(anything, almost), (event) => {
        try {
          JSON.stringify(prepare(event));
        } catch (error) {
          if (error instanceof TypeError && /circular|BigInt/.test(error.message)) {
            return;
          }
          expect(error).toBeInstanceOf(Problem);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
