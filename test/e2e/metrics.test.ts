import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { instruments } from "../../shared/ports/instruments.ts";
import { consentFree } from "../support/consent-free.ts";
import { activateConfigs, eventually, type Gateway, newTenant, startGateway } from "../support/gateway.ts";
import { type Family, parsePrometheus } from "../support/prometheus-parser.ts";

const address = "203.0.113.78";
const provider = consentFree[0]!.slug;

describe("GET /metrics", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  let tenant: Awaited<ReturnType<typeof newTenant>>;
  let configId: string;
  let text: string;
  let families: Map<string, Family>;

  const scrape = () => gateway.call("GET", "/metrics", { key: gateway.adminKey });
  const numberOf = (name: string, labels: Record<string, string> = {}) =>
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .find((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value))?.value;

  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway();
    tenant = await newTenant(gateway);
    configId = (await activateConfigs(gateway, tenant.key, recording.url, [provider]))[provider]!;
    const event = {
      event_name: "pageview",
      page_url: "https://shop.example/a",
      user_agent: "Mozilla/5.0 Firefox/140.0",
      context: { ip: address },
    };
    const headers = { "user-agent": "metrics-test" };
    const events = [event, { ...event, idempotency_key: "order-1" }, { ...event, idempotency_key: "order-1" }, { event_name: 5 }];
    const posted = await gateway.call("POST", "/v1/analytics/events", { key: tenant.key, body: { events }, headers });
    expect(posted.body).toMatchObject({ accepted: 2, duplicates: 1, rejected: 1 });
    await gateway.call("GET", `/analytics/events/${posted.body.results[0].id}`, { key: "sk_of_nobody" });
    await gateway.call("GET", `/no/such/path/${tenant.id}`);
    await eventually(scrape, ({ text }) =>
      new RegExp(`^carreau_deliveries_total\\{provider="${provider}",outcome="\\w+"\\} 2$`, "m").test(text),
    );
    const scraped = await scrape();
    expect(scraped.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    text = scraped.text;
    families = parsePrometheus(text);
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  it("shows only the instruments that there are, each with its own kind, help and labels", () => {
    expect(families.size).toBeGreaterThan(10);
    for (const [name, { type, help, samples }] of families) {
      const known = instruments[name as keyof typeof instruments];
      expect([name, type, help]).toEqual([name, known.kind, known.help]);
      for (const { labels } of samples) {
        expect(Object.keys(labels).filter((label) => label !== "le")).toEqual(known.labels);
      }
    }
  });

  it("counts events by what became of them", () => {
    const outcomes = ["accepted", "duplicate", "rejected"].map((outcome) => numberOf("carreau_events_total", { outcome }));
    expect(outcomes).toEqual([2, 1, 1]);
  });

  it("counts requests by route template, and unknown paths as one", () => {
    const ofRoute = (route: string, method: string, status: string) => numberOf("carreau_http_requests_total", { route, method, status });
    expect(ofRoute("/analytics/events", "POST", "2xx")).toBe(1);
    expect(ofRoute("/analytics/events/{id}", "GET", "4xx")).toBe(1);
    expect(ofRoute("*", "GET", "4xx")).toBe(1);
    expect(numberOf("carreau_http_request_duration_seconds_count", { route: "/analytics/events", method: "POST" })).toBe(1);
  });

  it("counts deliveries and times attempts by provider", () => {
    expect(numberOf("carreau_delivery_attempt_duration_seconds_count", { provider })).toBeGreaterThanOrEqual(1);
    expect(numberOf("carreau_provider_request_duration_seconds_count", { provider, status: "2xx" })).toBeGreaterThanOrEqual(1);
    expect(numberOf("carreau_queue_delay_seconds_count", { queue: "events" })).toBeGreaterThanOrEqual(1);
  });

  it("shows from the start, with zero, what an alarm waits for", () => {
    expect(numberOf("carreau_breaker_changes_total", { provider, to: "open" })).toBe(0);
    expect(numberOf("carreau_deliveries_total", { provider, outcome: "dead_lettered" })).toBe(0);
    expect(numberOf("carreau_http_requests_total", { route: "/analytics/events", method: "POST", status: "5xx" })).toBe(0);
    expect(numberOf("carreau_books_unbalanced_total")).toBe(0);
  });

  it("tells how the process fares", () => {
    expect(numberOf("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    expect(numberOf("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(Math.abs(numberOf("process_start_time_seconds")! - Date.now() / 1000)).toBeLessThan(600);
    expect(numberOf("process_event_loop_utilization_ratio")).toBeLessThanOrEqual(1);
  });

  it("holds no id of a tenant, key or config, no key, and no address", () => {
    for (const secret of [
      tenant.id,
      tenant.keyId,
      configId,
      tenant.key,
      gateway.adminKey,
      address,
      "127.0.0.1",
      "shop.example",
      "pageview",
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  it("is for the operator only", async () => {
    const answers = await Promise.all([gateway.call("GET", "/metrics"), gateway.call("GET", "/metrics", { key: tenant.key })]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
  });
});
