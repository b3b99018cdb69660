import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ProviderRequest } from "../../../shared/providers/definition.ts";
import { mapEvents } from "../../../shared/providers/otlp/map-events.ts";
import recording from "../../../shared/providers/otlp/recording.ts";
import { settings } from "../../../shared/providers/otlp/settings.ts";
import { deliverableEvent } from "../../support/arbitrary-event.ts";

const secrets = { authorization_ref: "Basic MTIzNDU2OmdsY19leGFtcGxl" };
const nested = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<unknown>(null, true, -0, 2 ** 53, -(2 ** 53), 1e300, Number.NaN, Number.POSITIVE_INFINITY, "half\ud800", ""),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("", "a", "b\ud800", "b\udc00", "n".repeat(900)), tie("value")),
  ),
})).value;

/** Senders' events, with values that proto3 has no form for, too many of them, and identifiers everywhere. */
const hostileEvent = fc
  .record({
    event: deliverableEvent,
    properties: fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("", "b\ud800", "b\udc00")), nested),
    more: fc.constantFrom(0, 0, 40, 200),
    user: fc.constantFrom({}, { user_id: "id-user-42", anonymous_id: "id-anon-7", visitor_id: "id-visitor-9", client_ip: "203.0.113.7" }),
    page: fc.constantFrom({}, { page_url: "https://ann:s3cret@shop.example/?a=1" }, { referrer: "//ann:s3cret@shop.example" }),
  })
  .map(({ event, properties, more, user, page }) => {
    const many = Object.fromEntries(Array.from({ length: more }, (_, at) => [`many ${at}`, { deep: at, deeper: { deepest: at } }]));
    return { ...event, ...user, ...page, event_properties: { ...event.event_properties, ...properties, ...many } };
  });

describe("OTLP, whatever is sent", () => {
  it("sends nothing but OTLP, and each event once", () => {
    const sending = fc.array(hostileEvent, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sending, fc.boolean(), fc.constantFrom(undefined, Date.UTC(2026, 2, 1, 3)), (events, restamp_late, sentAt) => {
        const own = settings.parse({ endpoint: "https://logs.example/otlp", restamp_late });
        const { requests, settled } = mapEvents(events, { settings: own, secrets }, sentAt);
        for (const request of requests) {
          expectValid(request);
          const answer = recording.answer({ method: "POST", path: "/v1/logs", headers: request.headers, body: request.body });
          expect([answer?.status, answer?.recorded?.length]).toEqual([200, request.events.length]);
        }
        expect(settled.every(({ event }) => events[event]!.event_name === "identify")).toBe(true);
        const places = [...requests.flatMap((request) => request.events), ...settled.map((one) => one.event)].sort((a, b) => a - b);
        expect(places).toEqual(events.map((_, index) => index));
      }),
      { numRuns: 200 },
    );
  });

  it("keeps every event's own time, and stamps no record more than 45 minutes before it is sent", () => {
    fc.assert(
      fc.property(deliverableEvent, fc.integer({ min: 0, max: 200_000_000 }), (event, waitedMs) => {
        const sentAt = Date.parse(event.received_at) + waitedMs;
        const own = settings.parse({ endpoint: "https://logs.example" });
        const { requests } = mapEvents([{ ...event, event_name: "Signup" }], { settings: own, secrets: {} }, sentAt);
        const { timeUnixNano, attributes } = recordsOf(requests[0]!)[0]!;
        const stampedMs = Number(BigInt(timeUnixNano) / 1_000_000n);
        const occurredAt = attributes.find(({ key }) => key === "analytics.occurred_at")?.value.stringValue;
        expect(new Date(occurredAt ?? stampedMs).toISOString()).toBe(event.occurred_at);
        expect(sentAt - stampedMs).toBeLessThanOrEqual(45 * 60_000);
      }),
    );
  });
});

/** The wire format of logs, from the protos and the JSON rules of the specification and not from our mapper: no other keys than these. */
interface Value {
  readonly stringValue?: string | undefined;
}
const variants: Record<string, z.ZodType> = {
  stringValue: z.string(),
  boolValue: z.boolean(),
  intValue: z
    .string()
    .regex(/^(0|-?[1-9]\d{0,18})$/)
    .refine((digits) => BigInt.asIntN(64, BigInt(digits)) === BigInt(digits)),
  doubleValue: z.number(),
  arrayValue: z.strictObject({ values: z.lazy(() => z.array(value)) }),
  kvlistValue: z.strictObject({ values: z.lazy(() => attributes) }),
};
const value = z.custom<Value>((given) => {
  const entries = Object.entries(given as object);
  const [name, inner] = entries[0] ?? ["none", undefined];
  return entries.length === 1 && variants[name]?.safeParse(inner).success === true;
});
const attributes = z
  .array(z.strictObject({ key: z.string().min(1), value }))
  .refine((list) => new Set(list.map(({ key }) => key)).size === list.length);
const fixed64 = z.string().regex(/^[1-9]\d{18}$/);
const logRecord = z.strictObject({
  timeUnixNano: fixed64,
  observedTimeUnixNano: fixed64,
  severityNumber: z.literal(9),
  severityText: z.literal("INFO"),
  body: value,
  attributes,
  droppedAttributesCount: z.int().min(1).optional(),
});
const scopeLogs = z.strictObject({
  scope: z.strictObject({ name: z.string(), version: z.string() }),
  logRecords: z.array(logRecord).min(1).max(500),
});
const logs = z.strictObject({
  resourceLogs: z.tuple([z.strictObject({ resource: z.strictObject({ attributes }), scopeLogs: z.tuple([scopeLogs]) })]),
});

const recordsOf = ({ body }: ProviderRequest) => logs.parse(JSON.parse(body)).resourceLogs[0].scopeLogs[0].logRecords;

function expectValid({ body, headers, events, url }: ProviderRequest): void {
  expect(url).toBe("https://logs.example/otlp/v1/logs");
  expect(headers).toEqual({ "content-type": "application/json", authorization: secrets.authorization_ref });
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(1_000_000);
  expect(body).not.toMatch(/id-user-42|id-anon-7|id-visitor-9|203\.0\.113\.7|s3cret/);
  JSON.parse(body, (_, inner: unknown) => {
    expect(inner === null || (typeof inner === "string" && !inner.isWellFormed())).toBe(false);
    return inner;
  });
  const records = recordsOf({ body } as ProviderRequest);
  expect(records).toHaveLength(events.length);
  for (const record of records) {
    // As Loki counts: maps are flattened to one entry for each leaf, and each has its whole name.
    const leaves = leavesOf(record.attributes, "");
    expect(leaves.length).toBeLessThanOrEqual(113);
    expect(Buffer.byteLength(leaves.join(""))).toBeLessThanOrEqual(65_536);
    expect(record.attributes.map(({ key }) => key)).toEqual(expect.arrayContaining(["event.name", "analytics.event_id"]));
  }
}

function leavesOf(list: readonly { key: string; value: object }[], above: string): string[] {
  return list.flatMap(({ key, value: inner }) => {
    const { kvlistValue } = inner as { kvlistValue?: { values: { key: string; value: object }[] } };
    return kvlistValue === undefined ? [`${above}${key} ${Object.values(inner)}`] : leavesOf(kvlistValue.values, `${above}${key}_`);
  });
}
