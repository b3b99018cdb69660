import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProviderRequest } from "../../../shared/providers/definition.ts";
import plausible from "../../../shared/providers/plausible/index.ts";
import { deliverableEvent } from "../../support/arbitrary-event.ts";
import { providerVectors } from "../../support/provider-vectors.ts";

const base = plausible.settings.parse({ site_id: "shop.example" });
const event = (fields: object) =>
  ({ id: "e", received_at: "", event_name: "Signup", occurred_at: "2026-03-01T10:00:00.000Z", ...fields }) as never;
const map = (fields: object, settings: object = {}) =>
  plausible.toRequests([event(fields)], { settings: { ...base, ...settings }, secrets: {} });
const body = (fields: object, settings: object = {}) => JSON.parse(map(fields, settings).requests[0]!.body);

providerVectors(plausible, {
  settings: ({ base_url, domain }) => ({ ...base, instance_url: base_url, site_id: domain }),
  refusedBeforeSending: {
    name_over_120_characters_is_permanent: "an event must be valid by the provider's limits, and this one can't become so",
  },
});

describe("Plausible", () => {
  it("sends nothing it would refuse, whatever passes intake", () => {
    fc.assert(
      fc.property(fc.array(deliverableEvent, { minLength: 1, maxLength: 5 }), fc.boolean(), (events, custom) => {
        const { requests, settled } = plausible.toRequests(events, { settings: { ...base, enable_custom_events: custom }, secrets: {} });
        requests.forEach(expectValid);
        const places = [...requests.flatMap((request) => request.events), ...settled.map((one) => one.event)].sort((a, b) => a - b);
        expect(places).toEqual(events.map((_, index) => index));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps what tells the source of a visit when it shortens a URL", () => {
    const url = body({ page_url: `https://shop.example/?utm_source=news&x=${"y".repeat(2_100)}#top` }).url;
    expect(url).toBe("https://shop.example/?utm_source=news");
  });

  it("makes a path absolute, and gives a custom event without a page the site's root", () => {
    expect(body({ page_url: "/join" }, { site_id: "shop.example,all.example" }).url).toBe("https://shop.example/join");
    expect(body({}).url).toBe("https://shop.example/");
    expect(map({ event_name: "pageview" }).settled[0]?.verdict.verdict).toBe("rejected");
  });

  it("never lets our own address or software stand for the visitor", () => {
    expect(map({}).requests[0]?.headers).toMatchObject({ "x-forwarded-for": "0.0.0.0", "user-agent": "" });
  });

  it("follows the config's switches", () => {
    expect(map({}, { enable_custom_events: false }).settled[0]?.verdict).toMatchObject({
      verdict: "suppressed",
      reason: "custom_events_disabled",
    });
    expect(body({ revenue: { amount: 1, currency: "EUR" } }, { enable_revenue_tracking: false }).revenue).toBeUndefined();
  });

  it("takes the base path of a server behind a prefix", () => {
    expect(map({}, { instance_url: "https://stats.example/base/" }).requests[0]?.url).toBe("https://stats.example/base/api/event");
  });

  it.each([
    [202, { "x-plausible-dropped": "1" }, "", "delivered"],
    [202, { "x-plausible-dropped": "2" }, "", "dropped_by_provider"],
    [429, {}, "", "retry"],
    [302, {}, "", "rejected"],
    [404, {}, "<html>", "rejected"],
    [500, {}, "{", "retry"],
  ])("reads status %s with %j as %s%s for a roll-up of two sites", (status, headers, text, verdict) => {
    const [request] = map({}, { site_id: "a.example,b.example" }).requests;
    expect(plausible.readAnswer({ status, headers: headers as Record<string, string>, body: text }, request!)[0]?.verdict).toBe(verdict);
  });

  it("names wrong fields of an answer, and repeats no values", () => {
    const answer = { status: 400, headers: {}, body: JSON.stringify({ errors: { url: ["https://secret.example is bad"] } }) };
    expect(plausible.readAnswer(answer, map({}).requests[0]!)).toEqual([{ verdict: "rejected", reason: "status 400: url" }]);
  });

  it.each(["", "https://shop.example", "shop example", ",", "a.example,"])("refuses the site %j", (site_id) => {
    expect(plausible.settings.safeParse({ site_id }).success).toBe(false);
  });
});

/** The limits of the events API, from its documentation and not from our mapper. */
function expectValid({ body, headers, events }: ProviderRequest): void {
  const { name, domain, url, referrer, props = {}, revenue, ...others } = JSON.parse(body);
  expect(others).toEqual({});
  expect(events).toHaveLength(1);
  expect(body).not.toContain(":null");
  expect(domain).toBe("shop.example");
  expect(name.length).toBeGreaterThan(0);
  expect(name.length).toBeLessThanOrEqual(120);
  expect(["engagement", "pageleave", "identify"]).not.toContain(name);
  expect(Buffer.byteLength(url)).toBeLessThanOrEqual(2000);
  expect(url).not.toMatch(/^data:/);
  expect(URL.canParse(url)).toBe(true);
  expect((referrer ?? "").length).toBeLessThanOrEqual(2000);
  expect(Object.keys(props).length).toBeLessThanOrEqual(30);
  for (const [key, value] of Object.entries(props)) {
    expect(Buffer.byteLength(key)).toBeLessThanOrEqual(300);
    expect(Buffer.byteLength(String(value))).toBeLessThanOrEqual(2000);
    expect(["string", "number", "boolean"]).toContain(typeof value);
    expect(value).not.toBe("");
  }
  expect(revenue === undefined || (typeof revenue.amount === "number" && /^[A-Z]{3}$/.test(revenue.currency))).toBe(true);
  expect(new Headers(headers).get("x-forwarded-for")).toMatch(/^[0-9a-f.:]+$/i);
}
