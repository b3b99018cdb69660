import { describe, expect, it } from "vitest";
import { z } from "zod";
import { configSettings } from "../../../shared/configs/config.ts";
import ga4 from "../../../shared/providers/ga4/index.ts";
import { mapEvents } from "../../../shared/providers/ga4/map-events.ts";
import { settings } from "../../../shared/providers/ga4/settings.ts";
import { credentials, event, map } from "../../support/ga4-mapping.ts";

const body = (fields: object, own: object = {}) => JSON.parse(map([fields], own).requests[0]!.body);
const params = (fields: object, own: object = {}) => body(fields, own).events[0].params;

describe("Google Analytics 4", () => {
  it("asks for consent to analytics unless a config says otherwise", () => {
    expect(configSettings(ga4).parse({ credentials })).toMatchObject({
      require_cookie_consent: true,
      consent_category: "analytics",
      late_after_seconds: 259_200,
      anonymize_ip: true,
      region: "eu",
    });
    expect(() => z.toJSONSchema(configSettings(ga4))).not.toThrow();
  });

  it.each([
    [{}, "https://region1.google-analytics.com/mp/collect"],
    [{ region: "global" }, "https://www.google-analytics.com/mp/collect"],
    [{ region: "global", debug_mode: true }, "https://www.google-analytics.com/debug/mp/collect"],
    [{ instance_url: "https://tags.shop.example/base/" }, "https://tags.shop.example/base/mp/collect"],
  ])("sends with %j to %s", (own, url) => {
    expect(map([{}], own).requests[0]?.url).toBe(`${url}?measurement_id=G-ABC123DEF4&api_secret=test-secret`);
  });

  it("has the tenant's own host checked, and no other", () => {
    expect(ga4.targets(settings.parse({}))).toEqual([]);
    expect(ga4.targets(settings.parse({ instance_url: "https://tags.example" }))).toEqual(["https://tags.example"]);
  });

  it.each([{ credentials: { ...credentials, measurement_id: "UA-1234-1" } }, { credentials: { api_secret_ref: "a" } }])(
    "refuses the credentials of %j",
    (wrong) => {
      expect(configSettings(ga4).safeParse(wrong).success).toBe(false);
    },
  );

  it.each([{ instance_url: "https://tags.example/?a=b" }, { region: "us" }])("refuses the settings %j", (wrong) => {
    expect(configSettings(ga4).safeParse({ ...wrong, credentials }).success).toBe(false);
  });

  it.each([{}, { api_secret_ref: "" }, { api_secret_ref: " " }, { api_secret_ref: "two\nlines" }])(
    "sends nothing with the secrets %j",
    (wrong) => {
      const { requests, settled } = mapEvents([event({})], { settings: settings.parse({}), credentials, secrets: wrong as never });
      expect([requests, settled.map(({ verdict }) => verdict.verdict)]).toEqual([[], ["rejected"]]);
    },
  );

  it("joins 25 events of one visitor, and no others", () => {
    const sizes = (events: object[], own = {}) => map(events, own).requests.map((request) => request.events.length);
    expect(sizes(Array(51).fill({ anonymous_id: "a" }))).toEqual([25, 25, 1]);
    expect(sizes(Array(3).fill({ anonymous_id: "a" }), { debug_mode: true })).toEqual([1, 1, 1]);
    const consent = { consent: { analytics: true, marketing: true } };
    expect(sizes([{ anonymous_id: "a" }, { anonymous_id: "b" }, { anonymous_id: "a", ...consent }, { anonymous_id: "a" }])).toEqual([
      2, 1, 1,
    ]);
    expect(sizes([{ id: "1" }, { id: "2" }])).toEqual([1, 1]);
  });

  it("stays under 130 kB with several events, and refuses one that can't", () => {
    const large = {
      anonymous_id: "a",
      event_properties: Object.fromEntries(Array.from({ length: 24 }, (_, at) => [`p${at}`, "\u0001".repeat(100)])),
    };
    const { requests } = map(Array(20).fill(large));
    expect(requests.length).toBe(3);
    expect(Math.max(...requests.map((request) => Buffer.byteLength(request.body)))).toBeLessThan(130_000);
    const items = Array(200).fill({ item_id: "\u0001".repeat(100), item_name: "\u0001".repeat(100) });
    expect(map([{ event_properties: { items } }]).settled).toMatchObject([{ event: 0, verdict: { verdict: "rejected" } }]);
  });

  it("says yes in Consent Mode only to a clear yes to marketing", () => {
    const state = (consent: object) => body(consent).consent;
    const denied = { ad_user_data: "DENIED", ad_personalization: "DENIED" };
    expect([{}, { consent: {} }, { consent: { marketing: false } }, { consent: { analytics: true } }].map(state)).toEqual(
      Array(4).fill(denied),
    );
    expect(state({ consent: { marketing: true } })).toEqual({ ad_user_data: "GRANTED", ad_personalization: "GRANTED" });
  });

  it("names a user with consent only, and nobody by an e-mail address", () => {
    const consent = { analytics: true };
    expect(body({ user_id: "user-42" })).not.toHaveProperty("user_id");
    expect(body({ user_id: "user-42", consent: { analytics: false } })).not.toHaveProperty("user_id");
    expect(body({ user_id: "anna@example.org", consent })).not.toHaveProperty("user_id");
    expect(body({ user_id: "user-42", consent }).user_id).toBe("user-42");
  });

  it("derives a client id that stays, and that differs by visitor and data stream", () => {
    const clientIn = (identifiers: object, fields: object): string =>
      JSON.parse(map([fields], {}, identifiers).requests[0]!.body).client_id;
    const client = (fields: object) => clientIn({}, fields);
    expect(client({ anonymous_id: "GA1.1.1234567890.1772359200" })).toBe("1234567890.1772359200");
    expect(client({ anonymous_id: "anon-7" })).toBe(client({ anonymous_id: "anon-7", id: "other", user_id: "user-42" }));
    const others = [{ anonymous_id: "anon-8" }, { visitor_id: "anon-7" }, { user_id: "anon-7" }, { id: "anon-7" }, { anonymous_id: "0.0" }];
    const ids = [...others, { anonymous_id: "anon-7" }].map((fields) => client(fields));
    expect(new Set([...ids, clientIn({ measurement_id: "G-OTHER" }, { anonymous_id: "anon-7" })]).size).toBe(7);
    for (const id of ids) {
      expect(id).toMatch(/^[1-9]\d*\.[1-9]\d*$/);
    }
  });

  it("sends traits of a user who consented as user properties", () => {
    const traits = { plan: "pro", first_open_after_installation: 1, user_id: "x", bio: "b".repeat(50) };
    const identify = { event_name: "identify", user_id: "user-42", event_properties: traits, consent: { analytics: true } };
    expect(body(identify)).toMatchObject({
      user_id: "user-42",
      user_properties: {
        plan: { value: "pro" },
        app_first_open_after_ins: { value: 1 },
        app_user_id: { value: "x" },
        bio: { value: "b".repeat(36) },
      },
      events: [{ name: "identify", params: { engagement_time_msec: 1 } }],
    });
    const verdict = (change: object) => map([{ ...identify, ...change }]).settled[0]?.verdict;
    expect(verdict({ consent: {} })).toMatchObject({ verdict: "suppressed", reason: "consent_missing" });
    expect(verdict({ user_id: "anna@example.org" })).toMatchObject({ verdict: "rejected" });
    expect(verdict({ event_properties: { plan: null } })).toMatchObject({ verdict: "suppressed", reason: "filtered" });
  });

  it("keeps address and user agent back unless the config sends them", () => {
    const visitor = { client_ip: "203.0.113.7", user_agent: "Firefox" };
    expect(map([visitor]).requests[0]!.body).not.toMatch(/203\.0|Firefox/);
    expect(body(visitor, { anonymize_ip: false, send_user_agent: true })).toMatchObject({
      ip_override: "203.0.113.7",
      user_agent: "Firefox",
    });
    expect(body({}, { anonymize_ip: false, send_user_agent: true })).not.toHaveProperty("ip_override");
  });

  it("sends no time ahead of the event's arrival", () => {
    expect(body({ occurred_at: "2026-03-01T10:04:00.000Z" }).timestamp_micros).toBe(Date.UTC(2026, 2, 1, 10, 0, 1) * 1000);
  });

  it("follows the config's switches", () => {
    const url = "https://other.example/x";
    const click = { event_name: "outbound_link", event_properties: { url } };
    expect(body(click).events).toEqual([
      { name: "click", params: { engagement_time_msec: 1, outbound: "true", link_url: url, link_domain: "other.example" } },
    ]);
    const disabled = [{ event: 0, verdict: { verdict: "suppressed", reason: "custom_events_disabled" } }];
    expect(map([click], { enable_enhanced_measurement: false }).settled).toMatchObject(disabled);
    expect(map([{ event_name: "pageview" }, {}], { enable_enhanced_measurement: false }).settled).toEqual([]);
    const sale = { event_properties: { items: [{ item_id: "a" }] }, revenue: { amount: 5, currency: "EUR" } };
    expect(map([{ event_name: "purchase" }], { enable_ecommerce: false }).settled).toMatchObject(disabled);
    expect(params(sale, { enable_ecommerce: false })).toEqual({ engagement_time_msec: 1 });
    expect(params(sale)).toMatchObject({ value: 5, currency: "EUR", items: [{ item_id: "a" }] });
  });
});
