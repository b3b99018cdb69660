import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ProviderRequest } from "../../../shared/providers/definition.ts";
import umami from "../../../shared/providers/umami/index.ts";
import { deliverableEvent } from "../../support/arbitrary-event.ts";
import { providerVectors } from "../../support/provider-vectors.ts";

const base = umami.settings.parse({ website_id: "8f2c1f0e-7c55-4b1d-9a52-0b5f4c2d9e11", instance_url: "https://analytics.example" });
const event = (fields: object) =>
  ({ id: "e", received_at: "", event_name: "Signup", occurred_at: "2026-03-01T10:00:00.900Z", ...fields }) as never;
const map = (events: object[], settings: object = {}, capabilities: Record<string, boolean> = { batch: true }) =>
  umami.toRequests(events.map(event), { settings: { ...base, ...settings }, capabilities, secrets: {} });
const payload = (fields: object) => JSON.parse(map([fields]).requests[0]!.body).payload;

providerVectors(umami, {
  settings: ({ base_url, ...others }) => ({ ...base, instance_url: base_url, ...others }),
  capabilities: { batch: true },
});

describe("Umami", () => {
  it("sends nothing it would refuse or fail on, whatever passes intake", () => {
    fc.assert(
      fc.property(fc.array(deliverableEvent, { minLength: 1, maxLength: 5 }), fc.boolean(), (events, batch) => {
        const { requests, settled } = umami.toRequests(events, { settings: base, capabilities: { batch }, secrets: {} });
        requests.forEach(expectValid);
        const places = [...requests.flatMap((request) => request.events), ...settled.map((one) => one.event)].sort((a, b) => a - b);
        expect(places).toEqual(events.map((_, index) => index));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps two long ids apart, and a short one as it is", () => {
    const [one, other] = ["a", "b"].map((end) => payload({ user_id: "u".repeat(60) + end }).id);
    expect(one).toHaveLength(50);
    expect(one).not.toBe(other);
    expect(payload({ user_id: "user-42" }).id).toBe("user-42");
  });

  it("names a visitor by the day's hash, unless the site knows the user", () => {
    const visitor_hash = "5f0c1d2e3b4a59687786a5b4c3d2e1f0";
    expect(payload({ visitor_hash, client_ip: "203.0.113.7" })).toMatchObject({ id: visitor_hash, ip: "203.0.113.7" });
    expect(payload({ visitor_hash, anonymous_id: "anon-7", visitor_id: "v" }).id).toBe(visitor_hash);
    expect(payload({ visitor_hash, user_id: "user-42" }).id).toBe("user-42");
    expect(payload({ anonymous_id: "anon-7" })).not.toHaveProperty("id");
  });

  it("leaves out what would cost the whole event", () => {
    expect(payload({ event_name: "=SUM(A1)" }).name).toBe("SUM(A1)");
    expect(payload({ event_name: "+-@" }).name).toBe("event");
    expect(payload({ referrer: "not an address" })).not.toHaveProperty("referrer");
    expect(payload({ referrer: "android-app://com.example/" }).referrer).toBe("android-app://com.example/");
  });

  it("never lets our own address or software stand for the visitor", () => {
    const [request] = map([{}]).requests;
    expect(request?.headers["user-agent"]).toBe("");
    expect(JSON.parse(request!.body).payload.ip).toBe("0.0.0.0");
  });

  it("sends a batch only where the config allows it and its server was found to take it, and never to the cloud", () => {
    expect(map([{}, {}]).requests).toHaveLength(1);
    expect(map([{}, {}], { use_batch: false }).requests).toHaveLength(2);
    expect(map([{}, {}], {}, { batch: false }).requests).toHaveLength(2);
    expect(map([{}, {}], {}, {}).requests).toHaveLength(2);
    expect(umami.toRequests([{}, {}].map(event), { settings: base, secrets: {} }).requests).toHaveLength(2);
    expect(map([{}, {}], { instance_url: "https://cloud.umami.is" }).requests).toHaveLength(2);
  });

  it("sends no more than fifty together, and one alone as no batch", () => {
    const { requests } = map(Array(101).fill({}));
    expect(requests.map(({ events }) => events.length)).toEqual([50, 50, 1]);
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual(["/api/batch", "/api/batch", "/api/send"]);
  });

  it("follows the config's switches", () => {
    expect(map([{}], { enable_custom_events: false }).settled[0]?.verdict).toMatchObject({ reason: "custom_events_disabled" });
    expect(map([{ event_name: "outbound_link" }], { track_outbound_links: false }).settled[0]?.verdict).toMatchObject({
      reason: "custom_events_disabled",
    });
    expect(map([{ event_name: "pageview" }], { enable_custom_events: false }).settled).toEqual([]);
  });

  it.each([
    [200, "a.bare.token", "delivered"],
    [200, '{"cache":"x"}', "delivered"],
    [400, "<html>", "rejected"],
    [403, "", "dropped_by_provider"],
    [405, "", "rejected"],
    [429, "", "retry"],
    [502, "", "retry"],
    [301, "", "rejected"],
  ])("reads status %s with %j as %s", (status, body, verdict) => {
    expect(umami.readAnswer({ status, headers: {}, body }, map([{}]).requests[0]!).map((one) => one.verdict)).toEqual([verdict]);
  });

  describe("a batch", () => {
    const [request] = map([{}, {}, {}]).requests;
    const read = (status: number, body: unknown) =>
      umami.readAnswer({ status, headers: {}, body: JSON.stringify(body) }, request!).map(({ verdict }) => verdict);

    it("is read per item", () => {
      const details = [
        { index: 0, response: { error: { status: 500 } } },
        { index: 2, response: {} },
      ];
      expect(read(200, { size: 3, errors: 2, details, cache: "x" })).toEqual(["retry", "delivered", "rejected"]);
    });

    it("is not called delivered where the server doesn't say that it stored anything", () => {
      expect(read(200, { size: 3, processed: 3, errors: 0, details: [] })).toEqual(Array(3).fill("accepted_unverifiable"));
      expect(read(200, { details: "none", cache: "x" })).toEqual(Array(3).fill("accepted_unverifiable"));
      expect(read(200, "hello")).toEqual(Array(3).fill("accepted_unverifiable"));
    });

    it.each([404, 405, 413])("falls into halves at status %s, down to events that go alone", (status) => {
      expect(read(status, "")).toEqual(["split", "split", "split"]);
      const [single] = map([{}]).requests;
      expect(single!.url).toBe("https://analytics.example/api/send");
      expect(umami.readAnswer({ status, headers: {}, body: "" }, single!).map(({ verdict }) => verdict)).toEqual(["rejected"]);
    });
  });
});

/** The checks of the send route and the lengths of its columns, from the provider's source and not from our mapper. */
const scalar = z.union([z.string().max(500), z.number().refine((n) => Math.abs(n) < 1e15), z.boolean()]);
const entry = z.strictObject({
  type: z.enum(["event", "identify"]),
  payload: z.strictObject({
    website: z.uuid(),
    hostname: z.string().max(100).optional(),
    url: z.string().max(500).optional(),
    title: z.string().max(500).optional(),
    referrer: z.string().max(500).optional(),
    language: z.string().max(35).optional(),
    screen: z.string().max(11).optional(),
    name: z.string().min(1).max(50).optional(),
    data: z.record(z.string().min(1).max(500), scalar).optional(),
    ip: z.union([z.ipv4(), z.ipv6()]),
    userAgent: z.string().optional(),
    timestamp: z.int().max(4_000_000_000),
    id: z.string().min(1).max(50).optional(),
  }),
});

function expectValid({ body, headers, events, url }: ProviderRequest): void {
  const parsed: unknown = JSON.parse(body);
  const items = Array.isArray(parsed) ? parsed : [parsed];
  expect(url).toBe(Array.isArray(parsed) ? "https://analytics.example/api/batch" : "https://analytics.example/api/send");
  expect(items).toHaveLength(events.length);
  for (const item of items) {
    const { payload } = entry.parse(item);
    const query = new URLSearchParams((payload.url ?? "").split("?", 2)[1] ?? "");
    expect([...query.values()].every((value) => value.length <= 255)).toBe(true);
  }
  expect(new Headers(headers).has("x-umami-cache")).toBe(false);
}
