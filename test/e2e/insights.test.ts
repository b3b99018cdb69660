import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import recordingEndpoints from "../../shared/providers/posthog/recording.ts";
import { type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const flagsPath = "/analytics/posthog/flags";
const funnelsPath = "/v1/analytics/posthog/funnels/";
const funnel = {
  steps: [{ event: "pageview" }, { event: "Signup", name: "Joined" }],
  window: { amount: 14, unit: "day" },
  from: "2026-03-01T00:00:00Z",
  to: "2026-03-31T00:00:00Z",
  order: "ordered",
};
const visitorOf = (id: string) => ({ id: `unmistakable-${id}`, properties: { email: "visitor@club.example" } });

describe("asking a provider through a tenant's config, over HTTP", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  let key: string;
  let config: string;
  const answers: string[] = [];
  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway({ env: { CARREAU_LOG_LEVEL: "debug" } });
  });
  beforeEach(async () => {
    recording.setFault("posthog", undefined);
    ({ key } = await newTenant(gateway));
    config = await activeConfig({});
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  const activeConfig = async (settings: object) => {
    const body = { ...recordingEndpoints.exampleSettings(`${recording.url}/posthog`), ...settings };
    const made = await gateway.call("POST", "/analytics/posthog/configs", { key, body });
    const active = await gateway.call("POST", `/analytics/posthog/configs/${made.body.id}/activate`, { key });
    expect(active.status).toBe(200);
    return made.body.id as string;
  };
  const patch = (settings: object) => gateway.call("PATCH", `/analytics/posthog/configs/${config}`, { key, body: settings });
  const post = async (path: string, body: unknown, as = key) => {
    const answer = await gateway.call("POST", path, { key: as, body });
    answers.push(answer.text);
    return answer;
  };

  describe("flags", () => {
    it("200: a batch in the visitors' order, from the provider, and then from memory", async () => {
      const visitors = Array.from({ length: 20 }, (_, n) => visitorOf(String(n)));
      const before = recording.requests["posthog"] ?? 0;

      const first = await post(flagsPath, { visitors, defaults: { "new-checkout": false, none: "d" } });
      const again = await post(flagsPath, { visitors });

      expect(first.status).toBe(200);
      expect(first.body.results.map(({ id }: { id: string }) => id)).toEqual(visitors.map(({ id }) => id));
      for (const { flags } of first.body.results) {
        expect(flags).toMatchObject({
          "new-checkout": { value: expect.stringMatching(/^[ab]$/), payload: { colour: expect.any(String) }, source: "provider" },
          "dark-mode": { value: expect.any(Boolean), source: "provider" },
          none: { value: "d", source: "default" },
        });
      }
      const values = (answer: typeof first) =>
        answer.body.results.map(({ flags }: { flags: Record<string, { value: unknown }> }) => flags["new-checkout"]!.value);
      expect(values(again)).toEqual(values(first));
      expect(new Set(values(first)).size).toBe(2);
      expect(again.body.results[0].flags["new-checkout"].source).toBe("cache");
      expect(recording.requests["posthog"]).toBe(before + 20);
    });

    it.each([
      ["an error", { kind: "status", status: 500 }],
      ["a quota", { kind: "status", status: 402 }],
      ["garbage", { kind: "status", status: 200, body: "<html>" }],
      ["a refusal", { kind: "status", status: 401 }],
      ["a broken connection", { kind: "reset" }],
      ["silence", { kind: "hang" }],
    ] as const)("200: the caller's defaults after %s, saying so", async (_, fault) => {
      recording.setFault("posthog", fault);
      const answer = await post(flagsPath, {
        visitors: [visitorOf("safe")],
        flags: ["new-checkout", "x"],
        defaults: { "new-checkout": "a" },
      });
      expect(answer).toMatchObject({
        status: 200,
        body: {
          results: [{ flags: { "new-checkout": { value: "a", source: "default" } } }],
          errors: [{ pointer: "/visitors/0", detail: expect.any(String) }],
        },
      });
      expect(answer.body.results[0].flags).not.toHaveProperty("x");
    });

    it("200: with the problem of a visitor who stands for nobody", async () => {
      const { status, body } = await post(flagsPath, { visitors: [{ id: "anonymous" }, visitorOf("one")], flags: ["dark-mode"] });
      expect(status).toBe(200);
      expect(body.results).toMatchObject([
        { id: "anonymous", flags: {}, problem: { code: "body-invalid", pointer: "/visitors/0/id" } },
        { flags: { "dark-mode": { source: "provider" } } },
      ]);
    });

    it.each([
      [{}, "/visitors"],
      [{ visitors: [] }, "/visitors"],
      [{ visitors: Array.from({ length: 101 }, () => ({ id: "x" })) }, "/visitors"],
      [{ visitors: [{ id: 7 }] }, "/visitors/0/id"],
      [{ visitors: [{ id: "x".repeat(201) }] }, "/visitors/0/id"],
      [{ visitors: [{ id: "x", properties: { a: { b: 1 } } }] }, "/visitors/0/properties/a"],
      [{ visitors: [{ id: "x", groups: { a: 1 } }] }, "/visitors/0/groups/a"],
      [{ visitors: [{ id: "x", ip: "203.0.113.7" }] }, "/visitors/0/ip"],
      [{ visitors: [{ id: "x" }], flags: "a" }, "/flags"],
      [{ visitors: [{ id: "x" }], defaults: { a: 1 } }, "/defaults/a"],
      [{ visitors: [{ id: "x" }], config_id: 1 }, "/config_id"],
    ])("422: names the field that is wrong: %j", async (body, pointer) => {
      expect(await post(flagsPath, body)).toMatchObject({ status: 422, body: { code: "body-invalid", pointer } });
    });
  });

  describe("funnels", () => {
    it("200: in one form, with a funnel per value where asked for", async () => {
      const whole = await post(funnelsPath, funnel);
      expect(whole).toMatchObject({
        status: 200,
        body: {
          from: funnel.from,
          to: funnel.to,
          window: funnel.window,
          computed_at: expect.any(String),
          breakdowns: [
            {
              value: null,
              steps: [
                { name: "pageview", event: "pageview", count: 1000, conversion_from_start: 1, conversion_from_previous: null },
                { name: "Joined", event: "Signup", count: 600, conversion_from_start: 0.6, average_seconds: 90, median_seconds: 60 },
              ],
            },
          ],
        },
      });
      const broken = await post(funnelsPath, { ...funnel, breakdown: { property: "$browser", limit: 3 } });
      expect(broken.body.breakdowns.map(({ value }: { value: unknown }) => value)).toEqual(["Chrome", "Firefox", null]);
    });

    it("424 and 503: the provider refuses or fails, with its answer and when to try again", async () => {
      recording.setFault("posthog", { kind: "status", status: 403, body: "key phx_example0123456789 of owner@club.example" });
      const refused = await post(funnelsPath, funnel);
      expect(refused).toMatchObject({ status: 424, body: { code: "provider-refused", provider_status: 403 } });
      expect(refused.body.provider_answer).toBe("key [REDACTED_SECRET] of [REDACTED_EMAIL]");
      recording.setFault("posthog", { kind: "status", status: 429, headers: { "retry-after": "21" } });
      const limited = await post(funnelsPath, funnel);
      expect(limited).toMatchObject({ status: 503, body: { code: "provider-unavailable", provider_status: 429 } });
      expect(limited.headers.get("retry-after")).toBe("21");
      recording.setFault("posthog", { kind: "reset" });
      expect(await post(funnelsPath, funnel)).toMatchObject({ status: 503, body: { code: "provider-unavailable" } });
      recording.setFault("posthog", { kind: "status", status: 200, body: "<html>" });
      expect(await post(funnelsPath, funnel)).toMatchObject({ status: 424, body: { code: "provider-refused" } });
    });

    it.each([
      [{ project_id: null }, "/project_id"],
      [{ credentials: { personal_api_key_ref: null } }, "/credentials/personal_api_key_ref"],
      [{ credentials: { personal_api_key_ref: "not-in-the-vault" } }, "/credentials/personal_api_key_ref"],
    ])("409: names what the config lacks: %j", async (change, pointer) => {
      expect((await patch(change)).status).toBe(200);
      expect(await post(funnelsPath, funnel)).toMatchObject({ status: 409, body: { code: "config-incomplete", pointer } });
    });

    const { steps } = funnel;
    it.each([
      [{ steps: steps.slice(1) }, "/steps"],
      [{ steps: [...steps, { event: 7 }] }, "/steps/2/event"],
      [{ steps: [{ ...steps[0], properties: [{ property: "a", op: "like", value: "b" }] }, steps[1]] }, "/steps/0/properties/0/op"],
      [{ steps: [{ ...steps[0], properties: [{ property: "a", op: "gt", value: "b" }] }, steps[1]] }, "/steps/0/properties/0/value"],
      [{ window: { amount: 0, unit: "day" } }, "/window/amount"],
      [{ window: { amount: 1, unit: "year" } }, "/window/unit"],
      [{ from: "yesterday" }, "/from"],
      [{ to: funnel.from }, "/to"],
      [{ order: "any" }, "/order"],
      [{ breakdown: { property: "a", limit: 51 } }, "/breakdown/limit"],
      [{ breakdown: { property: "a", limit: 50 }, steps: [...steps, ...steps] }, "/breakdown/limit"],
      [{ tenant_id: "x" }, "/tenant_id"],
    ])("422: names the field that is wrong: %j", async (change, pointer) => {
      expect(await post(funnelsPath, { ...funnel, ...change })).toMatchObject({ status: 422, body: { code: "body-invalid", pointer } });
    });
  });

  describe.each([
    ["flags", flagsPath, { visitors: [visitorOf("one")] }, "enable_feature_flags"],
    ["funnels", funnelsPath, funnel, "enable_funnels"],
  ])("%s", (_, path, body, setting) => {
    it("403: without analytics:read", async () => {
      const other = await newTenant(gateway, ["analytics:write", "events:write"]);
      expect(await post(path, body, other.key)).toMatchObject({ status: 403, body: { code: "scope-missing", scope: "analytics:read" } });
    });

    it("404: of a provider that has none, of an unknown one, and without an active config", async () => {
      const elsewhere = (slug: string) => post(path.replace("posthog", slug), body);
      expect(await elsewhere("plausible")).toMatchObject({ status: 404, body: { code: "not-found" } });
      expect(await elsewhere("nobody")).toMatchObject({ status: 404, body: { code: "unknown-provider" } });
      const other = await newTenant(gateway);
      expect(await post(path, body, other.key)).toMatchObject({ status: 404, body: { code: "not-found" } });
    });

    it("422: another tenant's config is as one that is not there", async () => {
      const other = await newTenant(gateway);
      const foreign = await post(path, { ...body, config_id: config }, other.key);
      const none = await post(path, { ...body, config_id: "none" }, other.key);
      expect(foreign).toMatchObject({ status: 422, body: { code: "body-invalid", pointer: "/config_id" } });
      expect({ ...foreign.body, request_id: "" }).toEqual({ ...none.body, request_id: "" });
    });

    it("422: asks which, where two configs could answer; 200: when told", async () => {
      await activeConfig({});
      expect(await post(path, body)).toMatchObject({ status: 422, body: { pointer: "/config_id" } });
      expect((await post(path, { ...body, config_id: config })).status).toBe(200);
    });

    it("409: names the setting that is off, and a status that is not active", async () => {
      await patch({ [setting]: false });
      expect(await post(path, body)).toMatchObject({ status: 409, body: { code: "feature-disabled", pointer: `/${setting}` } });
      await gateway.call("POST", `/analytics/posthog/configs/${config}/pause`, { key });
      expect(await post(path, { ...body, config_id: config })).toMatchObject({ status: 409, body: { code: "conflict" } });
    });
  });

  it("has kept visitors out of the log, and secrets out of log and answers", () => {
    expect(gateway.log()).toContain("/analytics/{provider}/flags");
    expect(gateway.log()).not.toMatch(/unmistakable|visitor@club/);
    expect(gateway.log() + answers.join()).not.toMatch(/ph[cx]_example/);
  });
});
