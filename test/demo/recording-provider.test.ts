import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../demo/faults.ts";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { createHttpClient } from "../../shared/adapters/common/undici-http-client.ts";
import { providers } from "../../shared/providers/registry.ts";
import { firstRequest } from "../support/example-config.ts";

const soon = { timeout: 20_000, interval: 10 };

describe("the recording provider", () => {
  const client = createHttpClient({ allowPrivateTargets: true });
  let recording: RecordingProvider;
  beforeAll(async () => {
    recording = await startRecordingProvider();
  });
  afterEach(() => {
    for (const { slug } of providers) {
      recording.setFault(slug, undefined);
    }
    recording.clear();
  });
  afterAll(async () => {
    await recording.close();
    await client.close();
  });

  /** Sends a page view as the gateway does. */
  const send = async (slug: string, timeoutMs = 5_000) => {
    const { method, url, headers, body } = await firstRequest(slug, recording.url);
    return client.send({ method, url, headers, body, timeoutMs });
  };
  const put = async (slug: string, body: string) => {
    const response = await fetch(`${recording.url}/faults/${slug}`, { method: "PUT", body });
    return { status: response.status, text: await response.text() };
  };
  const putFault = (slug: string, fault: Fault | null) => put(slug, JSON.stringify(fault));

  it.each(providers.map(({ slug }) => slug))("takes what is sent to %s, and shows it", async (slug) => {
    expect(await send(slug)).toMatchObject({ kind: "answer", truncated: false });
    expect(recording.received.map(({ provider }) => provider)).toEqual([slug]);
    const shown: unknown = await fetch(`${recording.url}/received`).then((response) => response.json());
    expect(shown).toMatchObject({ received: JSON.parse(JSON.stringify(recording.received)) });
    expect(await fetch(recording.url).then((response) => response.text())).toContain(`<td>${slug}</td>`);
    expect((await fetch(`${recording.url}/received`, { method: "DELETE" })).status).toBe(204);
    expect(recording.received).toEqual([]);
  });

  it.each<[Fault, object]>([
    [
      { kind: "status", status: 503, headers: { "retry-after": "7" }, body: "no" },
      { status: 503, headers: { "retry-after": "7" }, body: "no" },
    ],
    [{ kind: "hang" }, { kind: "failure", reason: "timeout", sent: true }],
    [{ kind: "reset" }, { kind: "failure", reason: "connection-lost", sent: true }],
    [{ kind: "slow-body" }, { kind: "failure", reason: "timeout", sent: true }],
    [{ kind: "reset-mid-body" }, { kind: "failure", reason: "connection-lost", sent: true }],
    [{ kind: "garbage" }, { kind: "answer", status: 200, body: expect.stringMatching(/^<!doctype html>.*\0/) }],
  ])("misbehaves as told and takes nothing then: %j", async (fault, outcome) => {
    const before = { ...recording.totals };
    const timeoutMs = fault.kind === "hang" || fault.kind === "slow-body" ? 1_000 : 5_000;
    const misbehave = async (slug: string) => {
      expect((await putFault(slug, fault)).status).toBe(204);
      expect(await send(slug, timeoutMs)).toMatchObject(outcome);
      expect((await putFault(slug, null)).status).toBe(204);
    };
    await Promise.all(providers.map(({ slug }) => misbehave(slug)));
    expect({ ...recording.totals }).toEqual(before);
    expect(await send("plausible")).toMatchObject({ status: 202 });
    expect(recording.received).toHaveLength(1);
  });

  it("answers late and takes what it got", async () => {
    recording.setFault("plausible", { kind: "delay", ms: 2_000 });
    expect(await send("plausible", 1_000)).toMatchObject({ reason: "timeout", sent: true });
    recording.setFault("plausible", { kind: "delay", ms: 10 });
    expect(await send("plausible")).toMatchObject({ status: 202 });
    await expect.poll(() => recording.received.length, soon).toBe(2);
  });

  it.each([
    ["plausible", "dropped", { status: 202, headers: { "x-plausible-dropped": "1" } }],
    ["umami", "dropped", { status: 200, body: '{"beep":"boop"}' }],
    ["posthog", "quota", { status: 200, body: '{"status":1,"quota_limited":["events"]}' }],
    ["otlp", "dropped", { status: 200, body: expect.stringContaining('"rejectedLogRecords":"1"') }],
    ["ga4", "dropped", { status: 204, body: "" }],
  ] as const)("says for %s in its own words that an event is %s", async (slug, kind, answer) => {
    recording.setFault(slug, { kind });
    expect(await send(slug)).toMatchObject({ kind: "answer", ...answer });
    expect(recording.received).toEqual([]);
  });

  it("drops every item of a batch, but says what is wrong with the others", async () => {
    recording.setFault("umami", { kind: "dropped" });
    const [entry] = [JSON.parse((await firstRequest("umami", recording.url)).body)];
    const body = JSON.stringify([entry, { type: "event" }, entry]);
    const response = await fetch(`${recording.url}/umami/api/batch`, { method: "POST", body });
    expect(await response.json()).toEqual({ size: 3, processed: 2, errors: 1, details: [{ index: 1, response: expect.anything() }] });
    expect(recording.received).toEqual([]);
  });

  it("goes on refusing what it would refuse, whatever is dropped", async () => {
    for (const [slug, path] of [
      ["plausible", "/api/event"],
      ["posthog", "/batch/"],
      ["otlp", "/v1/logs"],
    ] as const) {
      recording.setFault(slug, { kind: slug === "posthog" ? "quota" : "dropped" });
      const response = await fetch(`${recording.url}/${slug}${path}`, { method: "POST", body: "{" });
      expect(response.status).toBeGreaterThanOrEqual(400);
    }
    expect((await fetch(`${recording.url}/plausible/nowhere`)).status).toBe(404);
  });

  it.each([
    ["nobody", '{"kind":"hang"}', 404],
    ["nobody", "null", 404],
    ["", '{"kind":"hang"}', 404],
    ["__proto__", '{"kind":"hang"}', 404],
    ["plausible", '{"kind":"explode"}', 422],
    ["plausible", '{"kind":"hang","ms":1}', 422],
    ["plausible", '{"kind":"status"}', 422],
    ["plausible", '{"kind":"status","status":99}', 422],
    ["plausible", '{"kind":"status","status":500,"headers":{"a b":"c"}}', 422],
    ["plausible", '{"kind":"status","status":500,"headers":{"a":"b\\r\\nc: d"}}', 422],
    ["plausible", '{"kind":"delay","ms":-1}', 422],
    ["plausible", "", 422],
    ["plausible", "[", 422],
    ["plausible", '"hang"', 422],
    ["plausible", '{"kind":"quota"}', 422],
    ["posthog", '{"kind":"dropped"}', 422],
  ])("refuses a fault that can't be: %s %s", async (slug, body, status) => {
    const answered = await put(slug, body);
    expect([answered.status, JSON.parse(answered.text)]).toEqual([status, { detail: expect.any(String) }]);
    expect(await send("plausible")).toMatchObject({ status: 202 });
    const fault = status === 404 ? ({ kind: "hang" } as const) : undefined;
    expect(() => recording.setFault(slug, fault ?? JSON.parse(body || '""'))).toThrow();
  });

  it("lives on when a client goes away while it is being answered", async () => {
    for (const fault of [{ kind: "delay", ms: 30 }, { kind: "slow-body" }] as const) {
      recording.setFault("plausible", fault);
      const before = recording.requests["plausible"] ?? 0;
      const socket = connect(Number(new URL(recording.url).port), "127.0.0.1");
      await once(socket, "connect");
      socket.write("POST /plausible/api/event HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
      await expect.poll(() => recording.requests["plausible"], soon).toBe(before + 1);
      socket.destroy();
      recording.setFault("plausible", { kind: "delay", ms: 60 });
      expect(await send("plausible")).toMatchObject({ status: 202 });
    }
  });
});
