import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTelemetry } from "../../shared/composition/open-telemetry.ts";
import type { Log } from "../../shared/ports/log.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { activateConfigs, eventually, newTenant } from "../support/gateway.ts";
import { type GatewayUnderClock, startGatewayUnderClock } from "../support/gateway-under-clock.ts";
import { factsOf, type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../support/otlp-receiver.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const callersSpan = "b7ad6b7169203331";
const address = "203.0.113.77";
const visitor = "user-4711-of-the-club";
const provider = "plausible";

type Line = Readonly<Record<string, unknown>>;

describe("a trace from the request over the queues to the provider", () => {
  const lines: Line[] = [];
  const headersAtProvider: IncomingHttpHeaders[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    headersAtProvider.push(request.headers);
    request.resume().on("end", () => response.writeHead(statuses.shift() ?? 202).end("ok"));
  });
  const clock = new FakeClock(Date.now());
  const write = (level: string) => (fields: object) => void lines.push({ level, ...fields });
  const log: Log = { info: write("info"), warn: write("warn"), error: write("error") };
  let receiver: OtlpReceiver;
  let gateway: GatewayUnderClock;
  let tenant: Awaited<ReturnType<typeof newTenant>>;
  let spans: readonly ReceivedSpan[];

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.url;
    const telemetry = openTelemetry(
      { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SERVICE_NAME: "carreau-test", OTEL_TRACES_SAMPLER_ARG: 1 },
      log,
    );
    await telemetry.start();
    gateway = await startGatewayUnderClock(clock, (ports) => ports, { log, telemetry });
    tenant = await newTenant(gateway);
    await activateConfigs(gateway, tenant.key, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [provider], { force: true });
    headersAtProvider.length = 0;
    statuses.push(503);
    const posted = await gateway.call("POST", "/analytics/events", {
      key: tenant.key,
      headers: { traceparent: `00-${traceId}-${callersSpan}-01` },
      body: {
        event_name: "pageview",
        page_url: "https://shop.example/secret-path",
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        user_id: visitor,
        context: { ip: address },
      },
    });
    const receipt = () => gateway.call("GET", `/analytics/events/${posted.body.results[0].id}`, { key: tenant.key });
    const deliveryOf = (body: { deliveries: Record<string, { outcome: string; attempts: unknown[] }> }) =>
      Object.values(body.deliveries)[0];
    await eventually(receipt, ({ body }) => deliveryOf(body)?.attempts.length === 1);
    await clock.advance(31_000);
    await eventually(
      receipt,
      ({ body }) => deliveryOf(body)?.outcome === "delivered" || deliveryOf(body)?.outcome === "accepted_unverifiable",
    );
    await eventually(
      async () => lines.filter(({ event }) => event === "delivery_attempt"),
      ({ length }) => length === 2,
    );
    await gateway.stop();
    await telemetry.close();
    spans = receiver.spans.filter((span) => span.traceId === traceId);
  });
  afterAll(async () => {
    delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
    server.closeAllConnections();
    server.close();
    await receiver.close();
  });

  const ofTrace = () => lines.filter(({ trace_id }) => trace_id === traceId);
  const childrenOf = (parent: ReceivedSpan | undefined) => spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId);
  const named = (name: string) => spans.filter((span) => span.name === name);

  it("stands in the line of the request, of the fan-out, of the attempt and of the retry, one line each", () => {
    expect(ofTrace().map(({ event, attempt }) => [event, attempt])).toEqual([
      ["request", undefined],
      ["fan_out", undefined],
      ["delivery_attempt", 0],
      ["delivery_attempt", 1],
    ]);
  });

  it("gives each line what there is to know about the thing done", () => {
    const [request, fanOut, first, second] = ofTrace();
    expect(request).toMatchObject({
      method: "POST",
      path: "/analytics/events",
      status: 202,
      accepted: 1,
      rejected: 0,
      tenant_id: tenant.id,
    });
    expect(fanOut).toMatchObject({ events: 1, configs: 1, outcomes: { pending: 1 }, queue_delay_ms: expect.any(Number) });
    expect(first).toMatchObject({
      provider,
      attempt: 0,
      verdicts: { retry: 1 },
      duration_ms: expect.any(Number),
      batch_id: fanOut!["batch_id"],
    });
    // Due between one moment and the end of the first retry's window: the delay says how late the queue was, not how long the wait was meant to be.
    expect(second!["queue_delay_ms"]).toBeLessThanOrEqual(31_000);
    expect(second!["queue_delay_ms"]).toBeGreaterThanOrEqual(0);
  });

  it("gives every other request a trace of its own", () => {
    const traces = lines.filter(({ event, trace_id }) => event === "request" && trace_id !== traceId).map(({ trace_id }) => trace_id);
    expect(traces.length).toBeGreaterThan(3);
    expect(new Set(traces).size).toBe(traces.length);
    expect(traces.every((trace) => /^[0-9a-f]{32}$/.test(String(trace)) && !/^0+$/.test(String(trace)))).toBe(true);
  });

  it("arrives at an OTLP receiver with the caller, the request, the fan-out, the attempts and their requests as parents and children", () => {
    const [request] = named("POST /analytics/events");
    expect(request).toMatchObject({ parentSpanId: callersSpan, kind: 2 });
    const [fanOut, ...others] = childrenOf(request);
    expect(others).toEqual([]);
    expect(fanOut).toMatchObject({ name: "process events", kind: 5 });
    const attempts = childrenOf(fanOut);
    expect(attempts.map(({ name, attributes }) => [name, factsOf({ attributes })["attempt"]])).toEqual([
      [`process dispatch-${provider}`, 0],
      [`process dispatch-${provider}`, 1],
    ]);
    const requests = attempts.map((attempt) => childrenOf(attempt));
    expect(
      requests.map((ofAttempt) => ofAttempt.map((span) => [span.kind, factsOf(span)["http.response.status_code"], span.status.code])),
    ).toEqual([[[3, 503, 2]], [[3, 202, 0]]]);
    expect(spans).toHaveLength(6);
  });

  it("exports the numbers of /metrics too", () => {
    const accepted = receiver.metrics.findLast(({ name }) => name === "carreau_events_total")?.sum;
    expect(accepted?.isMonotonic).toBe(true);
    expect(accepted?.dataPoints.map((point) => [factsOf(point)["outcome"], point.asDouble])).toEqual([
      ["accepted", 1],
      ["duplicate", 0],
      ["rejected", 0],
    ]);
    const durations = receiver.metrics.findLast(({ name }) => name === "carreau_delivery_attempt_duration_seconds")?.histogram;
    expect(durations?.dataPoints.map((point) => [factsOf(point), Number(point.count)])).toEqual([[{ provider }, 2]]);
    expect(new Set(receiver.paths)).toEqual(new Set(["/v1/traces", "/v1/metrics"]));
  });

  it("sends no trace header to a provider", () => {
    expect(headersAtProvider).toHaveLength(2);
    for (const headers of headersAtProvider) {
      expect(Object.keys(headers).filter((name) => /trace|baggage|b3|request-id/.test(name))).toEqual([]);
      expect(JSON.stringify(headers)).not.toContain(traceId);
    }
  });

  it("says nothing of the visitor, the page or a key, neither in lines nor to the receiver", () => {
    for (const text of [JSON.stringify(lines), receiver.text()]) {
      expect(text.length).toBeGreaterThan(500);
      for (const secret of [address, visitor, "secret-path", "Firefox", tenant.key, gateway.adminKey, "127.0.0.1"]) {
        expect(text).not.toContain(secret);
      }
    }
  });
});
