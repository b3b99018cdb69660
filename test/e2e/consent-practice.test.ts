import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { activateConfigs, eventually, type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const origin = "https://www.klubb.example";

describe("a club that adds Google Analytics with a Swedish banner", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  let key: string;
  let siteKey: string;
  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway();
    const tenant = await newTenant(gateway, ["analytics:read", "analytics:write", "events:write", "consent:write"]);
    key = tenant.key;
    const site = { kind: "site", allowed_domains: ["klubb.example", "*.klubb.example"] };
    siteKey = (await gateway.call("POST", `/v1/admin/tenants/${tenant.id}/keys`, { key: gateway.adminKey, body: site })).body.key;
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  const page = (path: string, body: object, headers: Record<string, string> = {}) =>
    gateway.call("POST", `${path}?key=${siteKey}`, { body, headers: { origin, "user-agent": firefox, ...headers } });
  /** A page view as the page of this visitor sends it; its receipt, once everything is settled. */
  const view = async (visitor_id: string | undefined, headers: Record<string, string> = {}) => {
    const event = { event_name: "pageview", page_url: `${origin}/start`, ...(visitor_id === undefined ? {} : { visitor_id }) };
    const posted = await page("/analytics/events", event, headers);
    const receipt = await eventually(
      () => gateway.call("GET", `/analytics/events/${posted.body.results[0].id}`, { key }),
      ({ body, text }) => body.fanned_out && !text.includes('"pending"'),
    );
    const deliveries = Object.values(receipt.body.deliveries) as { provider: string; outcome: string; reason?: string; consent?: object }[];
    return Object.fromEntries(deliveries.map(({ provider, ...delivery }) => [provider, delivery]));
  };
  const decide = async (analytics: boolean) =>
    (await page("/consent/records", { decisions: { analytics }, language: "sv" })).body.record.visitor_id as string;
  const counted = (provider: string) => recording.totals[provider] ?? 0;

  it("counts everybody without a banner first, and then everybody in Plausible and those who accept in Google Analytics", async () => {
    await activateConfigs(gateway, key, recording.url, ["plausible", "posthog"]);
    expect(await view(undefined)).toMatchObject({ plausible: { outcome: "delivered" }, posthog: { outcome: "delivered" } });

    const banners = "/analytics/cookie-consent/configs";
    const banner = await gateway.call("POST", banners, {
      key,
      body: {
        display_name: "Klubbens kakor",
        consent_expiry_days: 365,
        respect_do_not_track: true,
        do_not_track_scope: "consent_gated",
        texts: { sv: { title: "Vi använder kakor" } },
      },
    });
    await gateway.call("POST", `${banners}/${banner.body.id}/publish`, { key });
    await activateConfigs(gateway, key, recording.url, ["ga4"]);
    const shown = await gateway.call("GET", `/consent/config?key=${siteKey}`, { headers: { origin, "accept-language": "sv-SE,sv;q=0.9" } });
    expect(shown.body).toMatchObject({
      language: "sv",
      banner_needed: true,
      texts: { title: "Vi använder kakor" },
      categories: { analytics: { default_accepted: false } },
    });

    const before = counted("plausible");
    const accepters = await Promise.all([1, 2, 3].map(() => decide(true)));
    const refusers = await Promise.all([1, 2].map(() => decide(false)));
    for (const visitor of accepters) {
      expect(await view(visitor)).toMatchObject({
        ga4: { outcome: "accepted_unverifiable", consent: { sent: "identified", category: "analytics", config_version: 1 } },
        plausible: { outcome: "delivered" },
        posthog: { outcome: "delivered" },
      });
    }
    for (const visitor of refusers) {
      expect(await view(visitor)).toMatchObject({
        ga4: { outcome: "suppressed", reason: "consent_denied" },
        plausible: { outcome: "delivered", consent: { sent: "unidentified", reason: "consent_denied" } },
        posthog: { outcome: "delivered" },
      });
    }
    expect(await view(undefined)).toMatchObject({ ga4: { outcome: "suppressed", reason: "consent_missing" } });
    expect(await view(accepters[0], { dnt: "1" })).toMatchObject({
      ga4: { outcome: "suppressed", reason: "do_not_track", consent: { do_not_track: true } },
      plausible: { outcome: "delivered" },
    });

    expect(counted("ga4")).toBe(accepters.length);
    expect(counted("plausible") - before).toBe(accepters.length + refusers.length + 2);
  });

  it("keeps still everywhere for a browser that asks for it, where the tenant says so", async () => {
    const [banner] = (await gateway.call("GET", "/analytics/cookie-consent/configs", { key })).body.items;
    const path = `/analytics/cookie-consent/configs/${banner.id}`;
    await gateway.call("PATCH", path, { key, body: { do_not_track_scope: "all" } });
    await gateway.call("POST", `${path}/publish`, { key });
    const requests = { ...recording.requests };
    for (const [header, reason] of [
      ["dnt", "do_not_track"],
      ["sec-gpc", "global_privacy_control"],
    ] as const) {
      const silent = { outcome: "suppressed", reason, consent: { sent: "nothing", reason } };
      expect(await view(await decide(true), { [header]: "1" })).toMatchObject({ ga4: silent, plausible: silent, posthog: silent });
    }
    expect(recording.requests).toEqual(requests);
  });
});
