import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deliverableEvent } from "../../support/arbitrary-event.ts";
import { map, secrets } from "../../support/ga4-mapping.ts";

const body = (fields: object, own: object = {}) => JSON.parse(map([fields], own).requests[0]!.body);
const params = (fields: object, own: object = {}) => body(fields, own).events[0].params;
const name = (event_name: string): string => body({ event_name }).events[0].name;

describe("names and parameters of Google Analytics 4", () => {
  it.each([
    ["error", "app_error"],
    ["session_start", "app_session_start"],
    ["ga_x", "app_ga_x"],
    ["gtag.x", "gtag_x"],
    ["_private", "private"],
    ["404", "app_404"],
    ["Sign Up!", "Sign_Up"],
    ["Über uns", "Uber_uns"],
    ["a__b_", "a__b_"],
    ["x".repeat(41), "x".repeat(40)],
    ["Purchase", "Purchase"],
  ])("sends an event named %s as %s", (given, sent) => {
    expect(name(given)).toBe(sent);
  });

  it("keeps names apart that have no Latin letter", () => {
    expect(name("Регистрация")).toMatch(/^app_[0-9a-f]{8}$|^[a-f][0-9a-f]{7}$/);
    expect(name("Регистрация")).not.toBe(name("Покупка"));
  });

  it("says what it changed, so that nothing is lost in silence", () => {
    const event_properties = {
      "plan name": "pro",
      note: "x".repeat(101),
      vip: true,
      tags: ["a"],
      nothing: null,
      empty: "",
      plan_name: "basic",
      session_id: "s-1",
    };
    const { adjustments, requests } = map([{ event_name: "error", event_properties, user_id: "user-42" }]);
    expect(JSON.parse(requests[0]!.body).events[0]).toEqual({
      name: "app_error",
      params: { engagement_time_msec: 1, plan_name: "pro", note: "x".repeat(100), vip: "true" },
    });
    expect(adjustments.map(({ pointer, change }) => `${change} ${pointer}`)).toEqual([
      "renamed /event_name",
      "dropped /user_id",
      "dropped /event_properties/session_id",
      "renamed /event_properties/plan name",
      "cut /event_properties/note",
      "converted /event_properties/vip",
      "dropped /event_properties/tags",
      "dropped /event_properties/plan_name",
    ]);
  });

  it("keeps what GA4 asks for where there are too many properties", () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`p${at}`, at]));
    const sent = params({ page_url: "https://shop.example/", event_properties: { ...many, session_id: 7, engagement_time_msec: 250 } });
    expect(Object.keys(sent)).toHaveLength(25);
    expect(sent).toMatchObject({ page_location: "https://shop.example/", session_id: "7", engagement_time_msec: 250, p0: 0 });
    expect(sent).not.toHaveProperty("p39");
  });

  it("cuts the page's own parameters where GA4 would", () => {
    const sent = params({ page_url: `https://a.example/${"p".repeat(2_000)}`, page_title: "t".repeat(500), referrer: "r".repeat(500) });
    expect([sent.page_location.length, sent.page_title.length, sent.page_referrer.length]).toEqual([1000, 300, 420]);
  });

  it("gives a purchase an id of its own, and its value a currency or none", () => {
    const purchase = (event_properties: object, more = {}) => params({ event_name: "purchase", event_properties, ...more });
    expect(purchase({ transaction_id: "" })).toMatchObject({ transaction_id: "event-1" });
    expect(purchase({ transaction_id: 1001 })).toMatchObject({ transaction_id: "1001" });
    const [one, other] = ["a", "b"].map((end) => purchase({ transaction_id: "t".repeat(120) + end }).transaction_id);
    expect(one).not.toBe(other);
    expect(purchase({ value: 5 })).not.toHaveProperty("value");
    expect(purchase({ value: "49.90", currency: "eur" })).toMatchObject({ value: 49.9, currency: "EUR" });
    expect(purchase({ value: 1, currency: "USD" }, { revenue: { amount: 5, currency: "EUR" } })).toMatchObject({
      value: 5,
      currency: "EUR",
    });
  });

  it("sends items with an id or a name, 200 at most, with 10 parameters of one's own", () => {
    const extras = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`x${at}`, at]));
    const items = [{ item_id: 7, price: "9.5", quantity: "many", item_category: null, ...extras }, { price: 1 }, "x"];
    const { adjustments, requests } = map([{ event_name: "view_item", event_properties: { items } }]);
    const [item, ...others] = JSON.parse(requests[0]!.body).events[0].params.items;
    expect([Object.keys(item).length, others]).toEqual([12, []]);
    expect(item).toMatchObject({ item_id: "7", price: 9.5, x9: 9 });
    expect(adjustments.map(({ pointer }) => pointer)).toEqual(
      ["0/quantity", "0/x10", "0/x11", "1", "2"].map((path) => `/event_properties/items/${path}`),
    );
    expect(params({ event_properties: { items: Array(201).fill({ item_id: "a" }) } }).items).toHaveLength(200);
  });

  it("never says the secret outside the URL, nor a value in its adjustments", () => {
    fc.assert(
      fc.property(deliverableEvent, fc.boolean(), (sent, debug_mode) => {
        const event_properties = { ...sent.event_properties, items: [{ note: "QQQQ" }], deep: ["QQQQ"], "a!": "QQQQ".repeat(50) };
        const { requests, settled, adjustments } = map([{ ...sent, event_properties }], { debug_mode });
        const said = JSON.stringify([requests.map(({ body, headers }) => [body, headers]), settled, adjustments]);
        expect(said).not.toContain(secrets.api_secret_ref);
        expect(JSON.stringify([settled, adjustments])).not.toContain("QQQQ");
        expect(adjustments.length > 2 || settled.length === 1).toBe(true);
      }),
    );
  });
});
