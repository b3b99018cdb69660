import { describe, expect, it } from "vitest";
import matomo from "../../../../shared/providers/matomo/index.ts";
import { mapEvents } from "../../../../shared/providers/matomo/map-events.ts";
import { settings } from "../../../../shared/providers/matomo/settings.ts";

const secrets = { token_auth_ref: "33dc3f2536d3025974cccb4b4d2d98f4" };
const event = (fields: object) =>
  ({
    id: "e",
    received_at: "",
    event_name: "Signup",
    page_url: "https://shop.example/",
    occurred_at: "2026-03-01T10:00:00.900Z",
    ...fields,
  }) as never;
const own = (fields: object = {}) => settings.parse({ site_id: 1, instance_url: "https://analytics.example", ...fields });
const map = (events: object[], fields: object = {}, known: Record<string, string> = secrets) =>
  mapEvents(events.map(event), { settings: own(fields), secrets: known });
const queries = ({ requests }: ReturnType<typeof map>): string[] => requests.flatMap(({ body }) => JSON.parse(body).requests);
const said = (fields: object, config: object = {}): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(queries(map([fields], config))[0]));
const settled = (fields: object, config: object = {}) => map([fields], config).settled[0]?.verdict;
const changes = (fields: object, config: object = {}) => map([fields], config).adjustments?.map(({ pointer, change }) => [pointer, change]);

describe("Matomo's mapping", () => {
  it("identifies nobody by default, and requires consent where it would", () => {
    const visitor = { user_id: "user-42", anonymous_id: "anon-7", visitor_id: "v" };
    expect(said(visitor)).toEqual(said({}));
    expect(matomo.consent.alwaysRequired?.({ ...own() })).toBe(false);
    expect(matomo.consent.alwaysRequired?.({ ...own({ cookieless: false }) })).toBe(true);
    expect(said(visitor, { cookieless: false })).toMatchObject({ uid: "user-42", _id: expect.stringMatching(/^[0-9a-f]{16}$/) });
    const [one, other] = ["anon-7", "anon-8"].map((anonymous_id) => said({ anonymous_id }, { cookieless: false })["_id"]);
    expect(one).not.toBe(other);
  });

  it("never lets our own address or software stand for the visitor", () => {
    const [request] = map([{}]).requests;
    expect(said({})).toMatchObject({ cip: "0.0.0.0" });
    expect(said({})).not.toHaveProperty("ua");
    expect(request?.headers["user-agent"]).toBe("");
  });

  it.each(["", " ", "two words", "tök"])("sends nothing with %j for a token, since everybody would be at our address", (token) => {
    const mapped = map([{}, {}], {}, { token_auth_ref: token });
    expect(mapped.requests).toEqual([]);
    expect(mapped.settled.map(({ verdict }) => verdict.verdict)).toEqual(["rejected", "rejected"]);
    expect(matomo.secretsToSend).toEqual(["token_auth_ref"]);
    expect(matomo.lateAfterSeconds).toBeUndefined();
  });

  it("says the time to the second, also of what is late", () => {
    expect(said({ occurred_at: "2026-02-26T10:00:00.999Z" })["cdt"]).toBe("1772100000");
  });

  it("follows the config's switches", () => {
    const link = { event_name: "Outbound Link: Click", event_properties: { url: "https://partner.example/" } };
    expect(settled({ event_name: "identify", event_properties: { plan: "pro" } })).toMatchObject({ reason: "filtered" });
    expect(settled({}, { enable_custom_events: false })).toMatchObject({ reason: "custom_events_disabled" });
    expect(settled({ event_name: "pageview" }, { enable_custom_events: false })).toBeUndefined();
    expect(settled(link, { track_outbound_links: false })).toMatchObject({ reason: "custom_events_disabled" });
    expect(said(link)).toMatchObject({ link: "https://partner.example/", url: "https://shop.example/", ca: "1" });
    const bought = { revenue: { amount: 5, currency: "EUR" }, event_properties: { order_id: "A-1" } };
    expect(said(bought)).toMatchObject({ idgoal: "0", ec_id: "A-1", revenue: "5" });
    expect(said(bought, { enable_ecommerce: false })).toMatchObject({ e_a: "Signup", e_v: "5" });
  });

  it("keeps revenue out of totals of another currency, and says so", () => {
    const bought = { revenue: { amount: 5, currency: "SEK" }, event_properties: { order_id: "A-1" } };
    expect(said(bought, { currency: "SEK" })).toMatchObject({ ec_id: "A-1", revenue: "5" });
    expect(said(bought, { currency: "EUR" })).toMatchObject({ e_a: "Signup" });
    expect(said(bought, { currency: "EUR" })).not.toHaveProperty("e_v");
    expect(changes(bought, { currency: "EUR" })).toEqual([
      ["/revenue", "dropped"],
      ["/event_properties/order_id", "dropped"],
    ]);
    expect(changes({ event_name: "pageview", revenue: { amount: 5, currency: "SEK" } })).toEqual([["/revenue", "dropped"]]);
  });

  it("takes a refund and an order without an id for events, and keeps two long ids apart", () => {
    const revenue = { amount: -5, currency: "EUR" };
    expect(said({ revenue, event_properties: { order_id: "A-1" } })).toMatchObject({ e_a: "Signup", e_v: "-5" });
    // PHP takes "0" for no id: the order would be a cart.
    expect(said({ revenue: { ...revenue, amount: 5 }, event_properties: { order_id: "0" } })).toMatchObject({ e_v: "5" });
    const ids = ["a", "b"].map(
      (end) => said({ revenue: { ...revenue, amount: 5 }, event_properties: { order_id: "o".repeat(100) + end } })["ec_id"],
    );
    expect(ids.map((id) => id?.length)).toEqual([64, 64]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("sends a number in the digits that PHP reads it with", () => {
    expect(said({ event_properties: { value: 0.1 + 0.2 } })["e_v"]).toBe("0.3");
    expect(said({ event_properties: { value: "3" } })).not.toHaveProperty("e_v");
  });

  it.each([
    ["/join?x=1", { site_url: "https://shop.example" }, "https://shop.example/join?x=1"],
    ["//shop.example/é#top", {}, "https://shop.example/%C3%A9#top"],
    ["app://main/screen", {}, "app://main/screen"],
    ["https:shop.example/a", {}, "https://shop.example/a"],
  ])("sends the page %s with %j as %s", (page_url, config, url) => {
    expect(said({ event_name: "pageview", page_url }, config)["url"]).toBe(url);
  });

  it.each([["/join"], ["about:blank"], ["mailto:a@shop.example"], [undefined]])(
    "refuses a page view at %s, and sends an event there",
    (page_url) => {
      expect(settled({ event_name: "pageview", page_url })?.verdict).toBe("rejected");
      expect(said({ page_url })).not.toHaveProperty("url");
      expect(changes({ page_url })).toEqual(page_url === undefined ? [] : [["/page_url", "dropped"]]);
    },
  );

  it("shortens an address without halving an escape, and its fragment first", () => {
    const page = (tail: string) => said({ page_url: `https://shop.example/${tail}` })["url"]!;
    expect(page(`a#${"b".repeat(5_000)}`)).toBe("https://shop.example/a");
    const cut = page("é".repeat(1_000));
    expect(cut.length).toBeLessThanOrEqual(4096);
    expect(cut).toMatch(/^https:\/\/shop\.example\/(%C3%A9)+(%C3)?$/);
    expect(changes({ referrer: `https://search.example/?q=${"b".repeat(2_000)}` })).toEqual([["/referrer", "cut"]]);
    expect(changes({ referrer: "not an address" })).toEqual([["/referrer", "dropped"]]);
  });

  it("says nothing that is nothing to PHP", () => {
    expect(settled({ event_name: " \0" })?.verdict).toBe("rejected");
    expect(settled({ event_name: "0" })?.verdict).toBe("rejected");
    expect(said({ event_name: "search", event_properties: { query: "0" } })).toMatchObject({ e_a: "search" });
    expect(said({ event_properties: { category: "  ", label: "Top\tbutton" } })).toMatchObject({ e_c: "Events", e_n: "Top button" });
    expect(said({}, { event_category: "Site" })["e_c"]).toBe("Site");
  });

  it("gives properties to their custom dimensions, and says which have none", () => {
    const event_properties = { plan: "pro", seats: 0, tags: ["a"], "a/b": 1, gone: null };
    const config = { custom_dimensions: { plan: 1, seats: 2, tags: 3, gone: 4 } };
    expect(said({ event_name: "pageview", event_properties }, config)).toMatchObject({
      dimension1: "pro",
      dimension2: "0",
      dimension3: '["a"]',
    });
    expect(said({ event_properties }, config)).not.toHaveProperty("dimension4");
    expect(changes({ event_properties }, config)).toEqual([["/event_properties/a~1b", "dropped"]]);
    expect(changes({ event_properties: { plan: "p".repeat(300) } }, config)).toEqual([["/event_properties/plan", "cut"]]);
    expect(changes({ page_title: "é".repeat(600) })).toEqual([["/page_title", "cut"]]);
  });

  it("keeps items that can be counted", () => {
    const items = [
      { item_id: "a", quantity: 60_000 },
      { item_id: "b", quantity: 60_000 },
      { sku: "c", name: "C", price: "9" },
      { item_name: "d" },
    ];
    const bought = { revenue: { amount: 5, currency: "EUR" }, event_properties: { transaction_id: 17, items } };
    expect(JSON.parse(said(bought)["ec_items"]!)).toEqual([
      ["a", "", "", 0, 60_000],
      ["c", "C", "", 0, 1],
    ]);
    expect(said(bought)["ec_id"]).toBe("17");
    expect(changes(bought)).toEqual([
      ["/event_properties/items/1", "dropped"],
      ["/event_properties/items/3", "dropped"],
    ]);
  });

  it("puts fifty into a batch, the oldest first", () => {
    const events = Array.from({ length: 120 }, (_, n) => ({ occurred_at: new Date(Date.UTC(2026, 2, 1) - n * 1000).toISOString() }));
    const { requests } = map(events);
    expect(requests.map((request) => request.events.length)).toEqual([50, 50, 20]);
    expect(requests.flatMap((request) => request.events)).toEqual(events.map((_, index) => 119 - index));
  });
});
