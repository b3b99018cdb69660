import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import recordingEndpoints from "../../shared/providers/posthog/recording.ts";
import { type Answered, type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const secrets = Object.values(recordingEndpoints.exampleSecrets!);
const configs = "/analytics/posthog/configs";
const refusal = { kind: "status", status: 401, body: `${secrets.join(" or ")} of owner@club.example` } as const;

describe("verifying a config over HTTP", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  let key: string;
  const answers: string[] = [];
  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway({ env: { CARREAU_LOG_LEVEL: "debug" } });
  });
  beforeEach(async () => {
    recording.setFault("posthog", undefined);
    ({ key } = await newTenant(gateway));
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  const call = async (method: string, path: string, body?: unknown, as = key, headers: Record<string, string> = {}): Promise<Answered> => {
    const answer = await gateway.call(method, path, { key: as, headers, ...(body === undefined ? {} : { body }) });
    answers.push(answer.text);
    return answer;
  };
  const make = async (settings: object = {}, slug = "posthog") => {
    const body = slug === "posthog" ? recordingEndpoints.exampleSettings(`${recording.url}/posthog`) : {};
    const made = await call("POST", `/analytics/${slug}/configs`, { ...body, ...settings });
    expect(made).toMatchObject({ status: 201, body: { verification: null } });
    return `/analytics/${slug}/configs/${made.body.id}`;
  };
  const read = async (path: string) => (await call("GET", path)).body;
  const failure = (status: number) => ({ result: "failed", detail: expect.any(String), answer: { status, body: expect.any(String) } });

  it("200: verified, with and without /v1 and a slash, and the tag of the config that has it now", async () => {
    for (const spell of [(path: string) => path, (path: string) => `/v1${path}/`]) {
      const path = await make();
      const before = await call("GET", path);
      const verified = await call("POST", spell(`${path}/verify`));
      expect(verified).toMatchObject({ status: 200, body: { result: "verified", verified_at: expect.stringMatching(/^\d{4}-.*Z$/) } });
      const after = await call("GET", path);
      expect(after.headers.get("etag")).toBe(verified.headers.get("etag"));
      expect(after.headers.get("etag")).not.toBe(before.headers.get("etag"));
      expect(after.body).toEqual({ ...before.body, verification: verified.body });
      expect((await call("GET", configs)).body.items).toContainEqual(expect.objectContaining({ verification: verified.body }));
    }
  });

  it("200: unverifiable, with the reason", async () => {
    const path = await make({ site_id: "club.example", instance_url: `${recording.url}/plausible` }, "plausible");
    const answer = await call("POST", `${path}/verify`);
    expect(answer).toMatchObject({ status: 200, body: { result: "unverifiable", detail: expect.stringContaining("api_key_ref") } });
  });

  it("200: failed, with the provider's answer; it leaves an active config active", async () => {
    const path = await make();
    expect((await call("POST", `${path}/activate`)).body).toMatchObject({ status: "active", verification: { result: "verified" } });
    recording.setFault("posthog", refusal);
    expect(await call("POST", `${path}/verify`)).toMatchObject({ status: 200, body: failure(401) });
    expect(await read(path)).toMatchObject({ status: "active", verification: failure(401) });
  });

  it.each([
    ["garbage", { kind: "status", status: 200, body: "<html>" }],
    ["an error", { kind: "status", status: 500 }],
    ["a broken connection", { kind: "reset" }],
  ] as const)("200: failed after %s", async (_, fault) => {
    const path = await make();
    recording.setFault("posthog", fault);
    expect(await call("POST", `${path}/verify`)).toMatchObject({ status: 200, body: { result: "failed" } });
  });

  it("200: failed where the vault lacks the secret, naming the field and not what stands there", async () => {
    const path = await make({ credentials: { project_token_ref: "unmistakable-name" } });
    const answer = await call("POST", `${path}/verify`);
    expect(answer).toMatchObject({
      status: 200,
      body: { result: "failed", detail: expect.stringContaining("/credentials/project_token_ref") },
    });
    expect(answer.text).not.toContain("unmistakable");
  });

  it("403: without analytics:write", async () => {
    const path = await make();
    const { key: reader } = await newTenant(gateway, ["analytics:read", "events:write"]);
    expect(await call("POST", `${path}/verify`, undefined, reader)).toMatchObject({ status: 403, body: { scope: "analytics:write" } });
  });

  it("404: another tenant's config, as one that is not there; nobody is asked", async () => {
    const path = await make();
    const { key: other } = await newTenant(gateway);
    const before = recording.requests["posthog"] ?? 0;
    for (const url of [path, `${configs}/none`, path.replace("posthog", "plausible")]) {
      expect(await call("POST", `${url}/verify`, undefined, other)).toMatchObject({ status: 404, body: { code: "not-found" } });
    }
    expect(await call("POST", `${path.replace("posthog", "nobody")}/verify`, undefined, other)).toMatchObject({ status: 404 });
    expect(recording.requests["posthog"] ?? 0).toBe(before);
    expect((await read(path)).verification).toBeNull();
  });

  it("409 and 412: a decommissioned config, and a version that is not the newest", async () => {
    const path = await make();
    const stale = await call("POST", `${path}/verify`, undefined, key, { "if-match": '"other"' });
    expect(stale).toMatchObject({ status: 412, body: { code: "precondition-failed" } });
    await call("DELETE", path);
    expect(await call("POST", `${path}/verify`)).toMatchObject({ status: 409, body: { code: "conflict" } });
  });

  it("200: for both of two at once", async () => {
    const path = await make();
    const both = await Promise.all([call("POST", `${path}/verify`), call("POST", `${path}/verify`)]);
    expect(both).toMatchObject([
      { status: 200, body: { result: "verified" } },
      { status: 200, body: { result: "verified" } },
    ]);
  });

  describe.each([
    ["the action", (path: string, query = "") => call("POST", `${path}/activate${query}`)],
    ["a patch of the status", (path: string, query = "") => call("PATCH", path + query, { status: "active" })],
  ])("activating by %s", (_, activate) => {
    it("409: where verification fails, with what it found, which is kept; 200: by force, and when it is mended", async () => {
      const path = await make();
      recording.setFault("posthog", refusal);
      for (const query of ["", "?force=false"]) {
        const refused = await activate(path, query);
        expect(refused).toMatchObject({ status: 409, body: { code: "verification-failed", verification: failure(401) } });
      }
      expect(await read(path)).toMatchObject({ status: "draft", status_history: [], verification: failure(401) });
      expect(await activate(path, "?force=true")).toMatchObject({ status: 200, body: { status: "active", verification: failure(401) } });
      await call("POST", `${path}/pause`);
      expect((await activate(path)).status).toBe(409);
      recording.setFault("posthog", undefined);
      expect(await activate(path)).toMatchObject({ status: 200, body: { status: "active", verification: { result: "verified" } } });
    });

    it.each(["1", "yes", "TRUE", "", "true&force=true"])("400: for a force that is neither true nor false: %s", async (force) => {
      const path = await make();
      expect(await activate(path, `?force=${force}`)).toMatchObject({ status: 400, body: { code: "query-invalid", pointer: "/force" } });
      expect((await read(path)).status).toBe("draft");
    });

    it("409: for one of two at once, by the table of transitions", async () => {
      const path = await make();
      const both = await Promise.all([activate(path), activate(path)]);
      expect(both.map(({ body }) => body.code ?? body.status).sort()).toEqual(["active", "transition-not-allowed"]);
    });
  });

  it("has no force for other actions", async () => {
    const path = await make();
    for (const action of ["pause", "decommission", "verify"]) {
      expect(await call("POST", `${path}/${action}?force=true`)).toMatchObject({ status: 400, body: { pointer: "/force" } });
    }
  });

  it("has kept secrets and personal data out of answers and log", () => {
    expect(answers.join()).toContain("[REDACTED_SECRET]");
    const shown = gateway.log() + answers.join();
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    expect(shown).not.toContain("owner@club.example");
    expect(gateway.log()).toContain("/analytics/{provider}/configs/{id}/verify");
  });
});
