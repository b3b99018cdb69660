import { randomUUID } from "node:crypto";
import fc from "fast-check";
import type { DeliverableEvent } from "../../shared/events/event.ts";
import { prepareEvent } from "../../shared/events/prepare-event.ts";
import { noSignals } from "./no-signals.ts";

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ minLength: 400, maxLength: 3_000 }),
);
const value = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
);
const url = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.webPath().map((path) => `/${path}`),
  fc
    .string({ minLength: 1_500, maxLength: 2_048, unit: fc.constantFrom("a", "é", "/", "?", "=", "&", "%20") })
    .map((tail) => `https://example.org/${tail}`),
  fc.constantFrom(
    "https://example.org",
    "//example.org/x",
    "app://main/screen",
    "mailto:a@example.org",
    "about:blank",
    "https://xn--4ca.example/?utm_source=n",
  ),
);
const id = fc.string({ minLength: 1, maxLength: 200 });

/** An event as a sender may post it. */
export const postedEvent = fc.record(
  {
    event_name: fc.oneof(
      fc.constantFrom("pageview", "identify", "engagement", "pageleave", "outbound_link", "Purchase"),
      fc.string({ minLength: 1, maxLength: 200 }),
    ),
    event_properties: fc.dictionary(fc.oneof(fc.string(), fc.string({ minLength: 200, maxLength: 700 })), value, { maxKeys: 60 }),
    user_id: id,
    anonymous_id: id,
    page_url: url,
    page_title: text,
    referrer: fc.oneof(fc.webUrl(), text),
    user_agent: fc.oneof(text, fc.constant("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")),
    screen: fc.oneof(fc.constant("1920x1080"), text),
    language: fc.oneof(fc.constant("sv-SE"), text),
    occurred_at: fc
      .date({ min: new Date("2026-02-20"), max: new Date("2026-03-10"), noInvalidDate: true })
      .map((date) => date.toISOString()),
    revenue: fc.record({ amount: fc.double({ noNaN: true, noDefaultInfinity: true }), currency: fc.constantFrom("EUR", "SEK") }),
    context: fc.record({ ip: fc.oneof(fc.ipV4(), fc.ipV6()) }),
  },
  { requiredKeys: ["event_name"] },
);

const visitorHash = fc.option(fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 32, maxLength: 32 }), {
  nil: undefined,
});

/** What of posted events passes intake, as it reaches a provider's mapping. */
export const deliverableEvent: fc.Arbitrary<DeliverableEvent> = fc
  .tuple(postedEvent, visitorHash)
  .map(([posted, visitor_hash]) => {
    try {
      const facts = {
        tenantId: "t",
        keyKind: "secret",
        clientAddress: undefined,
        userAgent: undefined,
        signals: noSignals,
        idempotencyKey: undefined,
        isBatch: false,
      } as const;
      const { content, client_ip } = prepareEvent(posted, 0, facts, Date.UTC(2026, 2, 1));
      return {
        id: randomUUID(),
        received_at: "2026-03-01T00:00:00.000Z",
        ...content,
        ...(client_ip === undefined ? {} : { client_ip }),
        ...(visitor_hash === undefined ? {} : { visitor_hash }),
      } as DeliverableEvent;
    } catch {
      return undefined;
    }
  })
  .filter((event) => event !== undefined);
