import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { providers } from "../../shared/providers/registry.ts";
import { exampleSettings } from "../support/fill-route.ts";
import { type Gateway, newTenant, startGateway } from "../support/gateway.ts";

describe.each(providers.map(({ slug }) => slug))("a config of %s and its versions", (provider) => {
  let gateway: Gateway;
  let key: string;
  const path = `/analytics/${provider}/configs`;
  beforeAll(async () => {
    gateway = await startGateway();
    ({ key } = await newTenant(gateway));
  });
  afterAll(() => gateway.stop());

  const make = async () => {
    const made = await gateway.call("POST", path, { key, body: await exampleSettings(provider, "http://127.0.0.1:9/x") });
    expect(made.status).toBe(201);
    const url = `${path}/${made.body.id}`;
    return {
      url,
      made,
      etag: made.headers.get("etag")!,
      get: (headers: Record<string, string> = {}) => gateway.call("GET", url, { key, headers }),
      patch: (body: unknown, headers: Record<string, string> = {}) => gateway.call("PATCH", url, { key, body, headers }),
    };
  };

  it("has an ETag on every answer, which changes when and only when the config does", async () => {
    const { etag, get, patch } = await make();
    expect(etag).toMatch(/^"[^"]+"$/);
    expect((await get()).headers.get("etag")).toBe(etag);
    const patched = await patch({ display_name: "New" });
    expect(patched).toMatchObject({ status: 200, body: { display_name: "New" } });
    expect(patched.headers.get("etag")).not.toBe(etag);
    expect((await get()).headers.get("etag")).toBe(patched.headers.get("etag"));
  });

  it("304: for who has this version already", async () => {
    const { etag, get, patch } = await make();
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const answer = await get({ "if-none-match": known });
      expect([answer.status, answer.text, answer.headers.get("etag")]).toEqual([304, "", etag]);
    }
    expect((await get({ "if-none-match": '"other"' })).status).toBe(200);
    await patch({ display_name: "New" });
    expect((await get({ "if-none-match": etag })).status).toBe(200);
  });

  it("412: for a change of a version that is not the newest any more, and changes nothing", async () => {
    const { url, etag, get, patch } = await make();
    expect((await patch({ display_name: "First" }, { "if-match": etag })).status).toBe(200);
    const refused = { status: 412, body: { code: "precondition-failed", request_id: expect.any(String) } };
    expect(await patch({ display_name: "Second" }, { "if-match": etag })).toMatchObject(refused);
    for (const [method, action] of [
      ["DELETE", ""],
      ["POST", "/activate"],
      ["POST", "/decommission"],
    ] as const) {
      expect(await gateway.call(method, url + action, { key, headers: { "if-match": etag } })).toMatchObject(refused);
    }
    expect((await get()).body).toMatchObject({ display_name: "First", status: "draft" });
    expect((await patch({ display_name: "Third" }, { "if-match": "*" })).status).toBe(200);
  });

  it("lets one of ten racing changes of one version win", async () => {
    const { etag, get, patch } = await make();
    const names = Array.from({ length: 10 }, (_, n) => `Racer ${n}`);
    const answers = await Promise.all(names.map((display_name) => patch({ display_name }, { "if-match": etag })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect((await get()).body.display_name).toBe(names[winner]);
  });

  it("keeps every one of racing changes of different fields without If-Match", async () => {
    const { get, patch } = await make();
    const changes = [
      { display_name: "Racer" },
      { allowed_domains: ["x.example"] },
      { drop_empty_user_agents: true },
      { consent_category: "marketing" },
    ];
    const answers = await Promise.all(changes.map((change) => patch(change)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await get()).body).toMatchObject(Object.assign({}, ...changes));
  });

  it("takes a merge patch: what is named changes, null takes the default back, the rest stays", async () => {
    const { made, patch } = await make();
    const type = { "content-type": "application/merge-patch+json" };
    const patched = await patch({ display_name: "New", allowed_domains: ["a.example", "b.example"] }, type);
    expect(patched.body).toEqual({
      ...made.body,
      display_name: "New",
      allowed_domains: ["a.example", "b.example"],
      updated_at: patched.body.updated_at,
    });
    const replaced = await patch({ allowed_domains: ["c.example"] }, type);
    expect(replaced.body.allowed_domains).toEqual(["c.example"]);
    const back = await patch({ display_name: null, allowed_domains: null }, type);
    expect(back.body).toEqual({ ...made.body, updated_at: back.body.updated_at });
  });

  it("refuses a patch of what is not the tenant's to change, or that leaves the config wrong, and changes nothing", async () => {
    const { made, get, patch } = await make();
    for (const name of ["id", "tenant_id", "provider", "created_at", "status_history", "constructor", "colour"]) {
      expect({ name, ...(await patch(`{"${name}":"x"}`)) }).toMatchObject({ name, status: 422, body: { pointer: `/${name}` } });
    }
    expect(await patch({ instance_url: "nowhere" })).toMatchObject({ status: 422, body: { pointer: "/instance_url" } });
    expect(await patch({ status: "error" })).toMatchObject({ status: 409, body: { code: "transition-not-allowed" } });
    const { usage: _usage, ...now } = (await get()).body;
    expect(now).toEqual(made.body);
  });

  it("409: for a transition that is not in the table, naming those that are; a tombstone stays readable and unchanged", async () => {
    const { url, get, patch } = await make();
    const act = (action: string) => gateway.call("POST", `${url}/${action}`, { key, body: { reason: "test" } });
    expect(await act("pause")).toMatchObject({ status: 409, body: { allowed_statuses: ["active", "decommissioned"] } });
    expect((await act("activate?force=true")).body).toMatchObject({ status: "active", status_reason: "test" });
    expect((await patch({ status: "paused" })).body.status).toBe("paused");
    expect((await gateway.call("DELETE", url, { key })).body).toMatchObject({ status: "decommissioned", credentials: {} });
    expect((await gateway.call("DELETE", url, { key })).status).toBe(200);
    expect(await act("activate")).toMatchObject({ status: 409, body: { allowed_statuses: [] } });
    expect((await patch({ display_name: "Late" })).status).toBe(409);
    const { status_history: history, ...tombstone } = (await get()).body;
    expect(tombstone.status).toBe("decommissioned");
    expect(history.map(({ to }: { to: string }) => to)).toEqual(["active", "paused", "decommissioned"]);
  });
});
