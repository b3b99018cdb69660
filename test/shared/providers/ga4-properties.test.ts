import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ProviderRequest } from "../../../shared/providers/definition.ts";
import { mapEvents } from "../../../shared/providers/ga4/map-events.ts";
import recording from "../../../shared/providers/ga4/recording.ts";
import { settings } from "../../../shared/providers/ga4/settings.ts";
import { deliverableEvent } from "../../support/arbitrary-event.ts";

const secret = "s3cr3t-Value_of+the/stream";
const secrets = { api_secret_ref: secret };
const credentials = { measurement_id: "G-ABC123DEF4" };

const reservedEvents =
  "ad_activeview, ad_click, ad_exposure, ad_query, ad_reward, adunit_exposure, app_clear_data, app_exception, app_install, app_remove, app_store_refund, app_update, app_upgrade, dynamic_link_app_open, dynamic_link_app_update, dynamic_link_first_open, error, firebase_campaign, firebase_in_app_message_action, firebase_in_app_message_dismiss, firebase_in_app_message_impression, first_open, first_visit, notification_dismiss, notification_foreground, notification_open, notification_receive, notification_send, os_update, session_start, user_engagement, app_store_subscription_cancel, app_store_subscription_convert, app_store_subscription_renew, ad_impression, in_app_purchase, screen_view".split(
    ", ",
  );
const reservedUserProperties = "first_open_time, first_visit_time, last_deep_link_referrer, user_id, first_open_after_install".split(", ");

const hostileName = fc.oneof(
  fc.constantFrom(...reservedEvents, ...reservedUserProperties, "first_open_after_installation", "purchase", "refund", "click"),
  fc.constantFrom(..."_x|ga_x|google_x|gtag.x|firebase_conversion|404|Регистрация|日本|À propos|a b|a-b|".split("|"), "n".repeat(120)),
);
const item = fc.dictionary(
  fc.oneof(
    fc.constantFrom("item_id", "item_name", "price", "quantity", "index", "item_category5", "_bad", "1st"),
    hostileName,
    fc.string(),
  ),
  fc.oneof(fc.constantFrom<unknown>(null, "", "12.5", 3, true, [1], {}, "\ud800", "x".repeat(200)), fc.string()),
);
const property = fc.oneof(
  fc.tuple(hostileName, fc.constantFrom<unknown>(1, "x".repeat(600), false, null, "\udfff")),
  fc.tuple(
    fc.constantFrom("session_id", "engagement_time_msec", "currency", "value", "tax", "transaction_id", "page_location", "page_title"),
    fc.constantFrom<unknown>("12", 0, -1, 49.9, "eur", "EURO", "", null, {}, true, "x".repeat(2_000)),
  ),
  fc.tuple(fc.constant("items"), fc.oneof(fc.array(item, { maxLength: 8 }), fc.constantFrom<unknown>([], "x", {}))),
);

/** Senders' events, with the provider's own names among events and properties, and few visitors. */
const hostileEvent = fc
  .record({
    event: deliverableEvent,
    name: fc.option(fc.oneof(hostileName, fc.constantFrom("identify", "outbound_link"))),
    anonymous_id: fc.constantFrom(undefined, "anon-7", "1234567890.1772359200", "GA1.1.2222222222.1772359201", "0.0"),
    consent: fc.option(fc.dictionary(fc.constantFrom("analytics", "marketing"), fc.boolean()), { nil: undefined }),
    properties: fc.array(property, { maxLength: 40 }),
  })
  .map(({ event, name, anonymous_id, consent, properties }) => ({
    ...event,
    ...(anonymous_id === undefined ? {} : { anonymous_id }),
    ...(consent === undefined ? {} : { consent }),
    event_name: name || event.event_name,
    event_properties: { ...event.event_properties, ...Object.fromEntries(properties) },
  }));

const ownSettings = fc
  .record({
    anonymize_ip: fc.boolean(),
    send_user_agent: fc.boolean(),
    enable_ecommerce: fc.boolean(),
    enable_enhanced_measurement: fc.boolean(),
    debug_mode: fc.boolean(),
  })
  .map((own) => settings.parse(own));

const placesOf = ({ requests, settled }: ReturnType<typeof mapEvents>) =>
  [...requests.flatMap(({ events }) => events), ...settled.map(({ event }) => event)].sort((a, b) => a - b);

describe("Google Analytics 4, whatever is sent", () => {
  it("sends nothing beyond its limits, whatever passes intake", () => {
    fc.assert(
      fc.property(fc.array(hostileEvent, { minLength: 1, maxLength: 6 }), ownSettings, (events, own) => {
        const mapping = mapEvents(events, { settings: own, credentials, secrets });
        for (const request of mapping.requests) {
          expectValid(request);
          expect(request.events.length === 1 || !own.debug_mode).toBe(true);
          expect(!own.anonymize_ip || !request.body.includes("ip_override")).toBe(true);
          const path = new URL(request.url).pathname;
          const answer = recording.answer({ method: "POST", path, headers: {}, body: request.body });
          expect(own.debug_mode ? answer?.body : answer?.recorded?.length).toEqual(
            own.debug_mode ? { validationMessages: [] } : request.events.length,
          );
        }
        expect(placesOf(mapping)).toEqual(events.map((_, index) => index));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps 25 events and 130 kB per request, and one visitor in each", () => {
    const crowd = fc.array(
      fc.record({
        visitor: fc.constantFrom("a", "b"),
        text: fc.constantFrom("x", "é".repeat(100), "\u0001".repeat(100)),
        properties: fc.integer({ min: 0, max: 30 }),
      }),
      { minLength: 1, maxLength: 120 },
    );
    fc.assert(
      fc.property(crowd, (people) => {
        const events = people.map(({ visitor, text, properties }, index) => ({
          id: `event-${index}`,
          event_name: "signup",
          anonymous_id: visitor,
          occurred_at: "2026-03-01T10:00:00.000Z",
          received_at: "2026-03-01T10:00:00.000Z",
          event_properties: Object.fromEntries(Array.from({ length: properties }, (_, at) => [`p${at}`, text])),
        }));
        const mapping = mapEvents(events, { settings: settings.parse({}), credentials, secrets });
        mapping.requests.forEach(expectValid);
        expect(placesOf(mapping)).toEqual(events.map((_, index) => index));
        for (const request of mapping.requests) {
          expect(new Set(request.events.map((index) => people[index]!.visitor)).size).toBe(1);
          expect(request.events).toEqual(request.events.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** Measurement Protocol reference: limitations, reserved names, e-commerce; from the documentation and not from our mapper. */
const prefixes = ["_", "firebase_", "ga_", "google_", "gtag."];
const isName = (name: string, max: number) =>
  name.length <= max && /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && !prefixes.some((one) => name.startsWith(one));
const nameOf = (max: number, reserved: readonly string[]) => z.string().refine((name) => isName(name, max) && !reserved.includes(name));
const scalar = z.union([z.string().min(1).max(100), z.number()]);
const itemFields =
  "item_id item_name affiliation coupon discount index item_brand item_category item_category2 item_category3 item_category4 item_category5 item_list_id item_list_name item_variant location_id price quantity".split(
    " ",
  );
const sentItem = z
  .record(nameOf(40, ["firebase_conversion"]), scalar)
  .refine((one) => "item_id" in one || "item_name" in one)
  .refine((one) => Object.keys(one).filter((name) => !itemFields.includes(name)).length <= 10)
  .refine((one) => ["price", "quantity", "discount", "index"].every((name) => ["number", "undefined"].includes(typeof one[name])));
const params = z
  .object({
    page_title: z.string().min(1).max(300).optional(),
    page_referrer: z.string().min(1).max(420).optional(),
    page_location: z.string().min(1).max(1000).optional(),
    items: z.array(sentItem).min(1).max(200).optional(),
    session_id: z.string().regex(/^\d+$/).refine(Number).optional(),
    engagement_time_msec: z.number().positive(),
    currency: z.stringFormat("currency", /^[A-Z]{3}$/).optional(),
    transaction_id: z.string().min(1).max(100).optional(),
  })
  .catchall(scalar)
  .refine((all) => Object.keys(all).length <= 25 && Object.keys(all).every((name) => isName(name, 40) && name !== "firebase_conversion"));
const micros = z
  .int()
  .min(1_600_000_000_000_000)
  .max(Date.UTC(2026, 2, 1, 10) * 1000);
const sentEvent = z
  .strictObject({ name: nameOf(40, reservedEvents), params, timestamp_micros: micros.optional() })
  .refine(({ name, params }) => name !== "purchase" || params.transaction_id !== undefined)
  .refine(({ name, params }) => name !== "purchase" || params["value"] === undefined || params.currency !== undefined);
const consentState = z.enum(["GRANTED", "DENIED"]);
const hit = z.strictObject({
  client_id: z.string().regex(/^[1-9]\d*\.[1-9]\d*$/),
  user_id: z.string().min(1).max(256).optional(),
  timestamp_micros: micros.optional(),
  user_properties: z
    .record(nameOf(24, reservedUserProperties), z.strictObject({ value: z.union([z.string().max(36), z.number()]) }))
    .refine((all) => Object.keys(all).length <= 25)
    .optional(),
  consent: z.strictObject({ ad_user_data: consentState, ad_personalization: consentState }),
  ip_override: z.union([z.ipv4(), z.ipv6()]).optional(),
  user_agent: z.string().min(1).optional(),
  events: z.array(sentEvent).min(1).max(25),
});

function expectValid({ body, headers, events, url }: ProviderRequest): void {
  const { origin, pathname, searchParams } = new URL(url);
  expect(origin).toBe("https://region1.google-analytics.com");
  expect(pathname).toMatch(/^(\/debug)?\/mp\/collect$/);
  expect(Object.fromEntries(searchParams)).toEqual({ measurement_id: "G-ABC123DEF4", api_secret: secret });
  expect(headers).toEqual({ "content-type": "application/json" });
  expect(Buffer.byteLength(body)).toBeLessThan(130_000);
  const sent: unknown = JSON.parse(body, (name, value: unknown) => {
    expect(value).not.toBe(null);
    expect(name.isWellFormed() && (typeof value !== "string" || value.isWellFormed())).toBe(true);
    return value;
  });
  const parsed = hit.parse(sent);
  expect(parsed.events).toHaveLength(events.length);
  expect(parsed.timestamp_micros !== undefined || parsed.events.every((one) => one.timestamp_micros !== undefined)).toBe(true);
}
