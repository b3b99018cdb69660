import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { providers } from "../../shared/providers/registry.ts";
import { consentFree, unaskedOutcome } from "../support/consent-free.ts";
import { activateConfigs, eventually, type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

describe("the main job: an event posted by a client reaches its providers", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  const receipt = async (
    key: string,
    id: string,
    done: (outcomes: string[]) => boolean = (outcomes) => outcomes.length === providers.length && !outcomes.includes("pending"),
  ) =>
    (
      await eventually(
        () => gateway.call("GET", `/analytics/events/${id}`, { key }),
        ({ body }) => done(Object.values(body.deliveries as Record<string, { outcome: string }>).map(({ outcome }) => outcome)),
      )
    ).body;

  /** Every provider got the event; those that count visitors by address and browser got both, and nobody got others'. */
  const expectVisitors = (page: string, address: string) => {
    const visitors = recording.received.filter(({ url }) => url?.endsWith(page)).map(({ visitor }) => visitor);
    expect(visitors).toHaveLength(consentFree.length);
    for (const { ip, user_agent } of visitors) {
      expect([undefined, address]).toContain(ip);
      expect([undefined, firefox]).toContain(user_agent);
    }
    expect(visitors.filter(({ ip, user_agent }) => ip === address && user_agent === firefox).length).toBeGreaterThanOrEqual(2);
  };

  it("delivers one event to every active config, with the visitor's browser and address, and shows each outcome", async () => {
    const tenant = await newTenant(gateway);
    const configs = await activateConfigs(gateway, tenant.key, recording.url);
    const posted = await gateway.call("POST", "/analytics/events", {
      key: tenant.key,
      body: { event_name: "pageview", page_url: "https://shop.example/a", user_agent: firefox, context: { ip: "203.0.113.77" } },
    });
    expect(posted.status).toBe(202);

    const found = await receipt(tenant.key, posted.body.results[0].id);

    expect(Object.keys(found.deliveries).sort()).toEqual(Object.values(configs).sort());
    for (const [provider, id] of Object.entries(configs)) {
      const expected = unaskedOutcome(provider);
      expect(found.deliveries[id]).toMatchObject(expected);
      expect(found.deliveries[id].attempts).toMatchObject(expected.outcome === "delivered" ? [{ status: expect.any(Number) }] : []);
    }
    expectVisitors("/a", "203.0.113.77");
  });

  it("delivers to one provider's configs only when asked to", async () => {
    const tenant = await newTenant(gateway);
    const provider = consentFree[0]!.slug;
    const configs = await activateConfigs(gateway, tenant.key, recording.url);
    const posted = await gateway.call("POST", `/v1/analytics/${provider}/events/`, {
      key: tenant.key,
      body: { event_name: "pageview", page_url: "https://shop.example/" },
    });
    const found = await receipt(tenant.key, posted.body.results[0].id, (outcomes) => outcomes[0] === "delivered");
    expect(Object.keys(found.deliveries)).toEqual([configs[provider]]);
  });

  it("takes a page's beacon: a site key in the query, text/plain, the connection's own address", async () => {
    const tenant = await newTenant(gateway);
    await activateConfigs(gateway, tenant.key, recording.url);
    const made = await gateway.call("POST", `/v1/admin/tenants/${tenant.id}/keys`, {
      key: gateway.adminKey,
      body: { kind: "site", allowed_domains: ["*.club.example"] },
    });
    const posted = await gateway.call("POST", `/analytics/events?key=${made.body.key}`, {
      body: JSON.stringify({ event_name: "pageview", page_url: "https://www.club.example/beacon", context: { ip: "203.0.113.99" } }),
      headers: { "content-type": "text/plain", origin: "https://www.club.example", "user-agent": firefox },
    });
    expect(posted.status).toBe(202);
    expect(posted.headers.get("access-control-allow-origin")).toBe("*");
    await receipt(tenant.key, posted.body.results[0].id);
    expectVisitors("/beacon", "127.0.0.1");
  });

  it("answers a bot like anybody, tells the tenant, and delivers nothing", async () => {
    const tenant = await newTenant(gateway);
    await activateConfigs(gateway, tenant.key, recording.url);
    const before = { ...recording.requests };
    const posted = await gateway.call("POST", "/analytics/events", {
      key: tenant.key,
      body: { event_name: "pageview", page_url: "https://x.example/", user_agent: "Googlebot/2.1" },
    });
    expect(posted).toMatchObject({ status: 202, body: { accepted: 1 } });
    const found = await receipt(tenant.key, posted.body.results[0].id);
    expect(Object.values(found.deliveries)).toMatchObject(providers.map(() => ({ outcome: "suppressed", reason: "bot" })));
    expect(recording.requests).toEqual(before);
  });

  it("keeps a batch's good events when one is bad, and points to the bad field", async () => {
    const tenant = await newTenant(gateway);
    await activateConfigs(gateway, tenant.key, recording.url);
    const good = { event_name: "Signup", page_url: "https://shop.example/join" };
    const posted = await gateway.call("POST", "/analytics/events", {
      key: tenant.key,
      body: { events: [good, { ...good, occurred_at: "soon" }, good] },
    });
    expect(posted).toMatchObject({ status: 202, body: { accepted: 2, duplicates: 0, rejected: 1 } });
    expect(posted.body.results[1].problem).toMatchObject({ status: 422, pointer: "/events/1/occurred_at" });
    await receipt(tenant.key, posted.body.results[2].id);
  });

  it("reads what a provider says: what it drops or refuses is not called delivered", async () => {
    const tenant = await newTenant(gateway);
    await activateConfigs(gateway, tenant.key, recording.url);
    const posted = await gateway.call("POST", "/analytics/events", {
      key: tenant.key,
      body: { event_name: "n".repeat(150), page_url: "https://shop.example/" },
    });
    const outcomes = Object.values(
      (await receipt(tenant.key, posted.body.results[0].id)).deliveries as Record<string, { outcome: string }>,
    );
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["delivered", "rejected", "suppressed"]));
  });

  it("tries again later when a provider fails, with the next time on the receipt", async () => {
    const tenant = await newTenant(gateway);
    const provider = consentFree[0]!.slug;
    const configs = await activateConfigs(gateway, tenant.key, recording.url);
    recording.setFault(provider, { kind: "status", status: 503, headers: { "retry-after": "60" } });
    const posted = await gateway.call("POST", `/analytics/${provider}/events`, {
      key: tenant.key,
      body: { event_name: "pageview", page_url: "https://shop.example/again" },
    });
    const id = posted.body.results[0].id;
    const tried = await eventually(
      () => gateway.call("GET", `/analytics/events/${id}`, { key: tenant.key }),
      ({ body }) => body.deliveries[configs[provider]!]?.attempts.length === 1,
    );
    expect(tried.body.deliveries[configs[provider]!]).toMatchObject({
      outcome: "pending",
      attempts: [{ status: 503, next_attempt_at: expect.any(String) }],
    });
    recording.setFault(provider, undefined);
    const usage = await gateway.call("GET", `/analytics/${provider}/configs/${configs[provider]}/usage`, { key: tenant.key });
    expect(usage.body.total).toMatchObject({ events_received: 1, events_pending: 1, outcomes: { pending: 1 } });
  });

  it("keeps the books: received is the sum of outcomes, by config", async () => {
    const tenant = await newTenant(gateway);
    const configs = await activateConfigs(gateway, tenant.key, recording.url);
    const events = Array.from({ length: 130 }, (_, n) => ({
      event_name: "pageview",
      page_url: `https://shop.example/${n}`,
      ...(n % 10 === 0 ? { user_agent: "Googlebot/2.1" } : {}),
    }));
    await gateway.call("POST", "/analytics/events", { key: tenant.key, body: { events } });
    for (const [provider, id] of Object.entries(configs)) {
      const usage = await eventually(
        () => gateway.call("GET", `/analytics/${provider}/configs/${id}/usage`, { key: tenant.key }),
        ({ body }) => body.total.events_received === 130 && body.total.events_pending === 0,
      );
      const { outcome } = unaskedOutcome(provider);
      expect(usage.body.total).toMatchObject(
        outcome === "delivered"
          ? { events_delivered: 117, events_suppressed: { bot: 13 }, outcomes: { delivered: 117, suppressed: 13 } }
          : { events_delivered: 0, events_suppressed: { bot: 13, consent_missing: 117 }, outcomes: { suppressed: 130 } },
      );
    }
    const listed = await gateway.call("GET", "/analytics/events?outcome=suppressed&limit=100", { key: tenant.key });
    expect(listed.body.items.length).toBeGreaterThanOrEqual(13);
  });
});
