import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { consentFree } from "../support/consent-free.ts";
import { activateConfigs, eventually, type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const provider = consentFree[0]!.slug;

describe("a config's usage", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  let key: string;
  let tenantId: string;
  let url: string;
  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway();
    ({ key, id: tenantId } = await newTenant(gateway));
    const configs = await activateConfigs(gateway, key, recording.url);
    url = `/analytics/${provider}/configs/${configs[provider]}`;
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  const read = (query = "") => gateway.call("GET", `${url}/usage${query}`, { key });
  const post = (events: readonly object[]) => {
    const full = events.map((event) => ({ event_name: "pageview", page_url: "https://shop.example/", ...event }));
    return gateway.call("POST", `/analytics/${provider}/events`, { key, body: { events: full } });
  };

  it("200: nothing of a config that had no events", async () => {
    const { status, body } = await read();
    expect(status).toBe(200);
    expect(body).toMatchObject({ last_event_at: null, last_error: null, buckets: [] });
    expect(body.total).toEqual({
      events_received: 0,
      events_pending: 0,
      events_delivered: 0,
      events_suppressed: {},
      events_failed: 0,
      events_expired: 0,
      events_erased: 0,
      bytes_sent: 0,
      accept_to_deliver_ms: { p50: null, p95: null },
      corrections: 0,
      outcomes: {},
    });
  });

  it("200: what was received and what became of it, by hour and by day, how fast, and what went wrong last", async () => {
    const before = new Date().toISOString();
    await post([{}, {}, { user_agent: "Googlebot/2.1" }]);
    await eventually(read, ({ body }) => body.total.events_delivered === 2);
    recording.setFault(provider, { kind: "status", status: 400 });
    await post([{}]);
    const { body } = await eventually(read, (answer) => answer.body.total.events_failed === 1);
    recording.setFault(provider, undefined);
    const counted = { events_received: 4, events_delivered: 2, events_failed: 1, events_suppressed: { bot: 1 }, corrections: 0 };
    const inTime = { p50: expect.any(Number), p95: expect.any(Number) };
    expect(body.total).toMatchObject({ ...counted, accept_to_deliver_ms: inTime });
    expect(body.total.accept_to_deliver_ms.p95).toBeGreaterThanOrEqual(body.total.accept_to_deliver_ms.p50);
    expect(body.total.accept_to_deliver_ms.p50).toBeGreaterThan(0);
    expect(body.last_event_at >= before && body.last_event_at <= new Date().toISOString()).toBe(true);
    expect(body.last_error).toEqual({ at: expect.stringMatching(/Z$/), outcome: "rejected", reason: expect.any(String), status: 400 });
    for (const bucket of ["hour", "day"]) {
      const from = new Date(Date.now() - 2 * 86_400_000).toISOString();
      const asked = await read(`?bucket=${bucket}&from=${from}`);
      expect(asked.body.total).toMatchObject(counted);
      // The events may have come just before and just after the hour.
      const received = asked.body.buckets.map(({ events_received }: { events_received: number }) => events_received);
      expect(received.reduce((sum: number, n: number) => sum + n, 0)).toBe(4);
      expect(asked.body.buckets[0].start).toMatch(bucket === "hour" ? /^\d{4}-\d\d-\d\dT\d\d$/ : /^\d{4}-\d\d-\d\d$/);
    }
    const config = await gateway.call("GET", url, { key });
    expect(config.body.usage).toMatchObject({
      window_hours: 24,
      ...counted,
      last_error: body.last_error,
      last_event_at: body.last_event_at,
    });
  });

  it("200: by day of whole days, up to 400 of them", async () => {
    const { status, body } = await read("?bucket=day&from=2026-01-01T10:00:00Z&to=2026-03-01T10:00:00Z");
    expect([status, body.from, body.to, body.buckets]).toEqual([200, "2026-01-01T00:00:00Z", "2026-03-01T23:59:59Z", []]);
  });

  it.each([
    ["?from=yesterday", "/from"],
    ["?from=2026-01-01", "/from"],
    ["?to=12", "/to"],
    ["?bucket=week", "/bucket"],
    ["?buckets=day", "/buckets"],
    ["?bucket=day&from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z", "/from"],
    ["?from=9999-12-31T23:59:59Z", "/from"],
    ["?to=9999-12-31T23:59:59-23:59", "/to"],
    ["?bucket=day&to=0000-01-01T00:00:00Z", "/to"],
  ])("400: %s, naming %s", async (query, pointer) => {
    const { status, body } = await read(query);
    expect([status, body.code, body.pointer]).toEqual([400, "query-invalid", pointer]);
  });

  it.each([
    ["?bucket=day&from=2020-01-01T00:00:00Z&to=2024-01-01T00:00:00Z", "/from"],
    ["?from=2020-01-01T00:00:00Z", "/from"],
    ["?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", "/from"],
    ["?to=2020-01-02T00:00:00Z", "/to"],
    ["?to=0001-01-01T00:00:00Z", "/to"],
  ])("422: %s, naming %s", async (query, pointer) => {
    const { status, body } = await read(query);
    expect([status, body.code, body.pointer]).toEqual([422, "span-not-allowed", pointer]);
  });

  it("404: of another provider, of nothing, and of another tenant", async () => {
    const id = url.split("/").at(-1);
    const other = await newTenant(gateway);
    const codes = [
      [`/analytics/nobody/configs/${id}/usage`, key, "unknown-provider"],
      [`/analytics/${consentFree[1]!.slug}/configs/${id}/usage`, key, "not-found"],
      [`/analytics/${provider}/configs/missing/usage`, key, "not-found"],
      [`${url}/usage`, other.key, "not-found"],
    ] as const;
    for (const [path, by, code] of codes) {
      const { status, body } = await gateway.call("GET", path, { key: by });
      expect([status, body.code]).toEqual([404, code]);
    }
  });

  it("401 and 403: for who shows no key, or one that may not read", async () => {
    expect(await gateway.call("GET", `${url}/usage`)).toMatchObject({ status: 401, body: { code: "credentials-missing" } });
    expect(await gateway.call("GET", `${url}/usage`, { key: "sk_wrong" })).toMatchObject({ status: 401 });
    const body = { kind: "secret", scopes: ["events:write"] };
    const made = await gateway.call("POST", `/v1/admin/tenants/${tenantId}/keys`, { key: gateway.adminKey, body });
    const refused = await gateway.call("GET", `${url}/usage`, { key: made.body.key });
    expect(refused).toMatchObject({ status: 403, body: { code: "scope-missing" } });
  });

  it("405: for what can't be done to it", async () => {
    expect(await gateway.call("DELETE", `${url}/usage`, { key })).toMatchObject({ status: 405, body: { code: "method-not-allowed" } });
  });
});
