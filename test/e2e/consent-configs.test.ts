import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const path = "/analytics/cookie-consent/configs";

describe("consent configs over HTTP", () => {
  let gateway: Gateway;
  let key: string;
  let keyId: string;
  beforeAll(async () => {
    gateway = await startGateway();
    ({ key, keyId } = await newTenant(gateway));
  });
  afterAll(() => gateway.stop());

  const make = async (body: object = {}, owner = key) => {
    const made = await gateway.call("POST", path, { key: owner, body: { display_name: "Banner", ...body } });
    expect(made.status).toBe(201);
    const url = `${path}/${made.body.id}`;
    return {
      url,
      made,
      id: made.body.id as string,
      etag: made.headers.get("etag")!,
      get: (headers: Record<string, string> = {}) => gateway.call("GET", url, { key: owner, headers }),
      patch: (body: unknown, headers: Record<string, string> = {}) => gateway.call("PATCH", url, { key: owner, body, headers }),
      publish: (body?: unknown, headers: Record<string, string> = {}) =>
        gateway.call("POST", `${url}/publish`, { key: owner, headers, ...(body === undefined ? {} : { body }) }),
      remove: (headers: Record<string, string> = {}) => gateway.call("DELETE", url, { key: owner, headers }),
    };
  };

  it("201: with a name alone, a whole draft, and where it is; with and without version and slash", async () => {
    const { made, url, get, etag } = await make();
    expect(made.body).toMatchObject({
      status: "draft",
      version: 0,
      has_unpublished_changes: true,
      display_name: "Banner",
      default_language: "en",
      consent_expiry_days: 180,
      warnings: [],
    });
    expect(made.headers.get("location")).toBe(url);
    expect(await get()).toMatchObject({ status: 200, body: made.body });
    expect((await get()).headers.get("etag")).toBe(etag);
    const versioned = await gateway.call("POST", `/v1${path}/`, { key, body: { display_name: "Other" } });
    expect(versioned.headers.get("location")).toBe(`/v1${path}/${versioned.body.id}`);
    expect((await gateway.call("GET", `${versioned.headers.get("location")}/`, { key })).body).toEqual(versioned.body);
  });

  it("200: warns of colours that are hard to read, and takes them", async () => {
    const { made, patch } = await make({ banner: { text_color: "#999999" } });
    expect(made.body.warnings).toEqual([
      { pointer: "/banner/text_color", detail: expect.stringContaining("4.5:1") },
      { pointer: "/banner/primary_color", detail: expect.stringContaining("4.5:1") },
    ]);
    expect((await patch({ banner: { text_color: "#111111" } })).body.warnings).toEqual([]);
  });

  it("200: lists page by page, and by status", async () => {
    const { key } = await newTenant(gateway);
    const ids: string[] = [];
    for (const name of ["one", "two", "three"]) {
      ids.push((await make({ display_name: name }, key)).id);
    }
    const first = await gateway.call("GET", `${path}?limit=2`, { key });
    expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
    const second = await gateway.call("GET", `${path}?limit=2&cursor=${first.body.next_cursor}`, { key });
    expect(second.body).toMatchObject({ items: [{ id: ids[2], display_name: "three" }], next_cursor: null });
    expect((await gateway.call("GET", `${path}?status=active`, { key })).body.items).toEqual([]);
    expect(await gateway.call("GET", `${path}?status=live`, { key })).toMatchObject({ status: 400, body: { pointer: "/status" } });
    expect(await gateway.call("GET", `${path}?cursor=x`, { key })).toMatchObject({ status: 400, body: { code: "cursor-invalid" } });
  });

  it("304: for who has this version already", async () => {
    const { url, etag, get, publish } = await make();
    expect([(await get({ "if-none-match": etag })).status, (await get({ "if-none-match": '"other"' })).status]).toEqual([304, 200]);
    await publish();
    expect((await get({ "if-none-match": etag })).status).toBe(200);
    const version = await gateway.call("GET", `${url}/versions/1`, { key });
    const again = await gateway.call("GET", `${url}/versions/1`, { key, headers: { "if-none-match": version.headers.get("etag")! } });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  it("200: publishes what was edited, and keeps every version as it was seen", async () => {
    const { id, url, patch, publish, get } = await make({ categories: { marketing: { enabled: false } } });
    expect(await publish()).toMatchObject({ status: 200, body: { status: "active", version: 1, has_unpublished_changes: false } });
    const edited = await patch({ texts: { en: { title: "Second" } }, categories: { marketing: { enabled: true } } });
    expect(edited.body).toMatchObject({ status: "active", version: 1, has_unpublished_changes: true });
    const second = await publish({ renew: ["analytics"] });
    expect(second.body).toMatchObject({ version: 2, has_unpublished_changes: false });
    expect((await get()).headers.get("etag")).toBe(second.headers.get("etag"));

    const { body: list } = await gateway.call("GET", `${url}/versions?limit=1`, { key });
    const summary = { config_id: id, published_at: expect.any(String), published_by: `key:${keyId}` };
    expect(list.items).toEqual([{ ...summary, version: 2, renewed: ["analytics", "marketing"] }]);
    const { body: rest } = await gateway.call("GET", `${url}/versions?limit=1&cursor=${list.next_cursor}`, { key });
    const all = ["necessary", "functional", "analytics", "marketing"];
    expect(rest).toEqual({ items: [{ ...summary, version: 1, renewed: all }], next_cursor: null });

    const seen = async (version: number) => (await gateway.call("GET", `${url}/versions/${version}`, { key })).body;
    expect(await seen(1)).toMatchObject({ ...summary, version: 1, categories: { marketing: { enabled: false, since_version: 1 } } });
    expect(await seen(2)).toMatchObject({
      texts: { en: { title: "Second" } },
      categories: { functional: { since_version: 1 }, analytics: { since_version: 2 }, marketing: { enabled: true, since_version: 2 } },
    });
  });

  it("200: archives for good, and another's publication does the same", async () => {
    const [first, second] = [await make(), await make()];
    await first.publish();
    await second.publish();
    expect((await first.get()).body).toMatchObject({ status: "archived", version: 1 });
    expect((await second.remove()).body).toMatchObject({ status: "archived", version: 1 });
    expect((await second.remove()).status).toBe(200);
    expect(await second.publish()).toMatchObject({ status: 409, body: { code: "transition-not-allowed", allowed_statuses: [] } });
    expect(await second.patch({ display_name: "Late" })).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect((await gateway.call("GET", `${second.url}/versions/1`, { key })).status).toBe(200);
    expect((await gateway.call("GET", `${path}?status=archived`, { key })).body.items.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining([first.id, second.id]),
    );
  });

  it("400, 413, 415: for what is no JSON object of at most 64 KB", async () => {
    const { url } = await make();
    for (const [method, to] of [
      ["POST", path],
      ["PATCH", url],
      ["POST", `${url}/publish`],
    ] as const) {
      expect(await gateway.call(method, to, { key, body: "{" })).toMatchObject({ status: 400, body: { code: "body-malformed" } });
      expect(await gateway.call(method, to, { key, body: "[]" })).toMatchObject({ status: 422, body: { code: "body-invalid" } });
      expect((await gateway.call(method, to, { key, body: { display_name: "n".repeat(65_536) } })).status).toBe(413);
      expect((await gateway.call(method, to, { key, body: "x", headers: { "content-type": "text/plain" } })).status).toBe(415);
    }
  });

  it("403: for a key that may only read, and for one that may only write", async () => {
    const { url } = await make();
    const readOnly = await newTenant(gateway, ["analytics:read"]);
    for (const [method, to] of [
      ["POST", path],
      ["PATCH", url],
      ["DELETE", url],
      ["POST", `${url}/publish`],
    ] as const) {
      const answer = await gateway.call(method, to, { key: readOnly.key, ...(method === "DELETE" ? {} : { body: {} }) });
      expect(answer).toMatchObject({ status: 403, body: { code: "scope-missing", scope: "analytics:write" } });
    }
    const writeOnly = await newTenant(gateway, ["analytics:write"]);
    for (const to of [path, url, `${url}/versions`, `${url}/versions/1`]) {
      expect(await gateway.call("GET", to, { key: writeOnly.key })).toMatchObject({ status: 403, body: { scope: "analytics:read" } });
    }
  });

  it("404: for another tenant's, for what is no config or version, and for actions that there are not", async () => {
    const { url, publish } = await make();
    await publish();
    const other = await newTenant(gateway);
    for (const to of [url, `${url}/versions`, `${url}/versions/1`]) {
      expect(await gateway.call("GET", to, { key: other.key })).toMatchObject({ status: 404, body: { code: "not-found" } });
    }
    const names = ["active", crypto.randomUUID(), `${url.slice(path.length + 1)}:1`];
    for (const name of names) {
      expect((await gateway.call("GET", `${path}/${name}`, { key })).status).toBe(404);
      expect((await gateway.call("DELETE", `${path}/${name}`, { key })).status).toBe(404);
    }
    for (const version of ["0", "2", "01", "-1", "1.0", "latest", "9999999999"]) {
      expect((await gateway.call("GET", `${url}/versions/${version}`, { key })).status).toBe(404);
    }
    expect((await gateway.call("POST", `${url}/activate`, { key })).status).toBe(404);
  });

  it("409: for a publication that changes nothing", async () => {
    const { publish } = await make();
    expect((await publish({})).status).toBe(200);
    expect(await publish()).toMatchObject({ status: 409, body: { code: "conflict", detail: expect.stringContaining("version 1") } });
  });

  it("412: for a change of a version that is not the newest any more, and changes nothing", async () => {
    const { etag, get, patch, publish, remove } = await make();
    const stale = { "if-match": etag };
    expect((await patch({ display_name: "First" }, stale)).status).toBe(200);
    const refused = { status: 412, body: { code: "precondition-failed" } };
    expect(await patch({ display_name: "Second" }, stale)).toMatchObject(refused);
    expect(await publish(undefined, stale)).toMatchObject(refused);
    expect(await remove(stale)).toMatchObject(refused);
    expect((await get()).body).toMatchObject({ display_name: "First", status: "draft", version: 0 });
    expect((await publish(undefined, { "if-match": "*" })).status).toBe(200);
  });

  it("422: names the field that is wrong, and changes nothing", async () => {
    const { get, patch, publish, made } = await make();
    const wrong: [unknown, string][] = [
      [{ categories: { analytics: { default_accepted: true } } }, "/categories/analytics/default_accepted"],
      [{ categories: { necessary: { enabled: false } } }, "/categories/necessary/enabled"],
      [{ consent_expiry_days: 731 }, "/consent_expiry_days"],
      [{ banner: { show_reject_all: false, show_preferences: false } }, "/banner/show_reject_all"],
      [{ version: 5 }, "/version"],
      [{ id: "x" }, "/id"],
    ];
    for (const [body, pointer] of wrong) {
      expect(await patch(body)).toMatchObject({ status: 422, body: { code: "body-invalid", pointer } });
      const created = await gateway.call("POST", path, { key, body: { display_name: "x", ...(body as object) } });
      expect(created).toMatchObject({ status: 422, body: { code: "body-invalid", pointer } });
    }
    expect(await gateway.call("POST", path, { key, body: {} })).toMatchObject({ status: 422, body: { pointer: "/display_name" } });
    for (const renew of [["necessary"], ["social"], "analytics"]) {
      expect(await publish({ renew })).toMatchObject({ status: 422, body: { code: "body-invalid" } });
    }
    expect((await get()).body).toEqual(made.body);
  });

  it("lets one of ten racing publications win, with a version and without", async () => {
    for (const refusal of [412, 409]) {
      const { url, etag, publish } = await make();
      const headers: Record<string, string> = refusal === 412 ? { "if-match": etag } : {};
      const answers = await Promise.all(Array.from({ length: 10 }, () => publish(undefined, headers)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(refusal)]);
      const { body } = await gateway.call("GET", `${url}/versions`, { key });
      expect(body.items.map(({ version }: { version: number }) => version)).toEqual([1]);
    }
  });

  it("leaves one config active when two are published at once, and numbers without gaps", async () => {
    const { key } = await newTenant(gateway);
    const configs = [await make({}, key), await make({}, key)];
    for (let round = 0; round < 5; round++) {
      await Promise.all(configs.flatMap(({ publish }) => [publish({ renew: ["analytics"] }), publish({ renew: ["marketing"] })]));
    }
    const now = await Promise.all(configs.map(({ get }) => get()));
    expect(now.map(({ body }) => body.status).filter((status) => status === "active").length).toBeLessThanOrEqual(1);
    for (const [at, { url }] of configs.entries()) {
      const { body } = await gateway.call("GET", `${url}/versions`, { key });
      const count = now[at]!.body.version;
      expect(body.items.map(({ version }: { version: number }) => version)).toEqual(Array.from({ length: count }, (_, n) => count - n));
    }
  });
});
