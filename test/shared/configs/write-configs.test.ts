import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConfigChange } from "../../../shared/configs/change-config.ts";
import { type Config, publicView } from "../../../shared/configs/config.ts";
import type { Status } from "../../../shared/configs/lifecycle.ts";
import type { VerifyPorts } from "../../../shared/configs/verify-config.ts";
import { createConfig, patchConfig, transitionConfig } from "../../../shared/configs/write-configs.ts";
import { openTestStore, silentLog } from "../../support/embedded-store.ts";
import { fakeProvider } from "../../support/fake-provider.ts";
import { answering, status } from "../../support/gateway-in-process.ts";

const definition = fakeProvider();

describe("writing configs", () => {
  let open: ReturnType<typeof openTestStore>;
  let ports: VerifyPorts;
  beforeEach(() => {
    open = openTestStore();
    ports = {
      ...open,
      log: silentLog,
      http: answering(() => status(200)),
      secrets: { get: async () => "not-found", getOwn: async () => "not-found", check: () => "ok" },
    };
  });
  afterEach(() => open.close());

  const create = async (body: object = {}) => (await createConfig(ports)("tenant-a", definition, { site: "a", ...body })).document;
  const change = (id: string, more: Partial<ConfigChange> = {}): ConfigChange => ({
    tenantId: "tenant-a",
    definition,
    id,
    by: "key:1",
    mayReplace: () => true,
    ...more,
  });
  const patch = (id: string, body: Record<string, unknown>, more: Partial<ConfigChange> = {}) => patchConfig(ports)(change(id, more), body);
  const move = (id: string, to: Status, reason?: string, more: Partial<ConfigChange> = {}) =>
    transitionConfig(ports)(change(id, more), to, reason);
  const stored = async (id: string) => (await open.store.get<Config>("configs", "tenant-a", id))!;

  describe("making one", () => {
    it("begins in draft, with defaults for what is not said", async () => {
      const config = await create({ credentials: { token_ref: "acme-token" } });
      expect(config).toMatchObject({
        pk: "tenant-a",
        tenant_id: "tenant-a",
        provider: "acme",
        display_name: "Acme Statistics",
        status: "draft",
        status_history: [],
        allowed_domains: [],
        require_cookie_consent: false,
        consent_category: "analytics",
        settings: { site: "a", endpoint: "https://acme.example" },
        credentials: { token_ref: "acme-token" },
        created_at: "2026-01-01T00:00:00.000Z",
        updated_at: "2026-01-01T00:00:00.000Z",
      });
      expect((await stored(config.id)).document).toEqual(config);
    });

    it.each<[string, object, string]>([
      ["a setting that is missing", { site: undefined }, "/site"],
      ["one that nobody knows", { colour: "red" }, "/colour"],
      ["a status of its own", { status: "active" }, "/status"],
      ["a tenant of its own", { tenant_id: "tenant-b" }, "/tenant_id"],
      ["a domain that is none", { allowed_domains: ["https://example.org/"] }, "/allowed_domains/0"],
      ["a credential that nobody knows", { credentials: { password: "x" } }, "/credentials/password"],
    ])("refuses %s, and stores nothing", async (_, body, pointer) => {
      await expect(create(body)).rejects.toMatchObject({ code: "body-invalid", extensions: { pointer } });
      const page = await open.store.query("configs", "tenant-a", {
        where: [{ path: "provider", op: "eq", value: "acme" }],
        orderBy: { path: "id", direction: "asc" },
        limit: 10,
      });
      expect(page.items).toEqual([]);
    });

    it("shows as one flat document what is stored in parts", async () => {
      const view = publicView(await create());
      expect(view).toMatchObject({ site: "a", endpoint: "https://acme.example", status: "draft" });
      expect(view).not.toHaveProperty("settings");
      expect(view).not.toHaveProperty("pk");
    });
  });

  it("makes each change later than the one before, also by an instance whose clock is behind", async () => {
    const { id } = await create();
    const changed = [await patch(id, { display_name: "a" }), await move(id, "active")];
    ports = { ...ports, clock: { ...open.clock, now: () => open.now() - 3_000 } as VerifyPorts["clock"] };
    changed.push(await patch(id, { display_name: "b" }), await patch(id, { status: "paused" }));
    const times = changed.map(({ document }) => Date.parse(document.updated_at) - open.now());
    expect(times).toEqual([1, 2, 3, 4]);
  });

  describe("a transition", () => {
    it("is recorded with who, when and why, oldest first", async () => {
      const { id } = await create();
      await move(id, "active");
      await open.clock.jump(60_000);
      const { document } = await move(id, "paused", "holidays", { by: "key:2" });
      expect(document).toMatchObject({ status: "paused", status_reason: "holidays", updated_at: "2026-01-01T00:01:00.000Z" });
      expect(document.status_history).toEqual([
        { from: "draft", to: "active", at: "2026-01-01T00:00:00.000Z", by: "key:1" },
        { from: "active", to: "paused", at: "2026-01-01T00:01:00.000Z", by: "key:2", reason: "holidays" },
      ]);
    });

    it("forgets the reason of the one before", async () => {
      const { id } = await create();
      await move(id, "active");
      await move(id, "paused", "holidays");
      expect((await move(id, "active")).document).not.toHaveProperty("status_reason");
    });

    it("keeps the newest hundred", async () => {
      const { id } = await create();
      await move(id, "active");
      for (let round = 0; round < 51; round++) {
        await move(id, "paused", `round ${round}`);
        await move(id, "active");
      }
      const { status_history } = (await stored(id)).document;
      expect(status_history).toHaveLength(100);
      expect(status_history[0]).toMatchObject({ to: "paused", reason: "round 1" });
      expect(status_history.at(-1)).toMatchObject({ from: "paused", to: "active" });
    });

    it("to decommissioned lets go of the credentials, keeps the rest, and done again changes nothing", async () => {
      const { id } = await create({ credentials: { token_ref: "acme-token" } });
      const once = await move(id, "decommissioned");
      expect(once.document).toMatchObject({ status: "decommissioned", settings: { site: "a" } });
      expect(once.document.credentials).toEqual({});
      expect(await move(id, "decommissioned", "again")).toEqual(once);
    });

    it("that is not allowed changes nothing", async () => {
      const { id } = await create();
      const before = await stored(id);
      await expect(move(id, "paused")).rejects.toMatchObject({ code: "transition-not-allowed" });
      expect(await stored(id)).toEqual(before);
    });

    it("404: for an id of another tenant, of another provider, or of nobody", async () => {
      const { id } = await create();
      const other = { ...definition, slug: "elsewhere" };
      for (const [of, more] of [
        [id, { tenantId: "tenant-b" }],
        [id, { definition: other }],
        ["nobody", {}],
      ] as const) {
        await expect(move(of, "active", undefined, more)).rejects.toMatchObject({ code: "not-found" });
      }
    });
  });

  describe("a patch", () => {
    it("changes what it names; null takes the default back", async () => {
      const { id } = await create({
        display_name: "Club",
        endpoint: "https://stats.example",
        credentials: { account: "A", token_ref: "t" },
      });
      const { document } = await patch(id, { endpoint: null, credentials: { token_ref: null } });
      expect(document).toMatchObject({ display_name: "Club", settings: { site: "a", endpoint: "https://acme.example" } });
      expect(document.credentials).toEqual({ account: "A" });
    });

    it("moves the status too, by the same table and with the same record", async () => {
      const { id } = await create();
      const { document } = await patch(id, { status: "active", display_name: "Club" });
      expect(document).toMatchObject({
        status: "active",
        display_name: "Club",
        status_history: [{ from: "draft", to: "active", by: "key:1" }],
      });
      const before = await stored(id);
      await expect(patch(id, { status: "draft", display_name: "Other" })).rejects.toMatchObject({ code: "transition-not-allowed" });
      await expect(patch(id, { status: "error" })).rejects.toMatchObject({ code: "transition-not-allowed" });
      await expect(patch(id, { status: "closed" })).rejects.toMatchObject({ code: "body-invalid", extensions: { pointer: "/status" } });
      await expect(patch(id, { status: null })).rejects.toMatchObject({ code: "body-invalid" });
      expect(await stored(id)).toEqual(before);
    });

    it.each<[string, Record<string, unknown>, string]>([
      ["takes a required setting away", { site: null }, "/site"],
      ["names what is not the tenant's to change", { status_history: [] }, "/status_history"],
      ["puts an object where a text belongs", { display_name: { a: 1 } }, "/display_name"],
    ])("that %s is refused, and changes nothing", async (_, body, pointer) => {
      const { id } = await create();
      const before = await stored(id);
      await expect(patch(id, body)).rejects.toMatchObject({ code: "body-invalid", extensions: { pointer } });
      expect(await stored(id)).toEqual(before);
    });

    it("checks the settings as they would be", async () => {
      const { id } = await create();
      ports = { ...ports, http: { ...ports.http, checkTarget: async () => ({ refused: "a private address" }) } };
      await expect(patch(id, { display_name: "Club" })).rejects.toMatchObject({ code: "target-not-allowed" });
      await expect(patch(id, { credentials: { token_ref: "p4ssw0rd!" } })).rejects.toMatchObject({ code: "secret-in-reference" });
    });

    it("of a decommissioned config is refused", async () => {
      const { id } = await create();
      await move(id, "decommissioned");
      await expect(patch(id, { display_name: "Club" })).rejects.toMatchObject({ code: "conflict" });
      await expect(patch(id, { status: "active" })).rejects.toMatchObject({ code: "conflict" });
    });
  });

  describe("changes at the same time", () => {
    const ifMatch = (etag: string): Partial<ConfigChange> => ({ mayReplace: (current) => current === etag });

    it("of one version: one wins, the others hear that it has changed", async () => {
      const { id } = await create();
      const { etag } = await stored(id);
      const names = ["A", "B", "C", "D"];
      const results = await Promise.allSettled(names.map((display_name) => patch(id, { display_name }, ifMatch(etag))));
      const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(won).toHaveLength(1);
      expect(await stored(id)).toEqual(won[0]);
      const lost = results.flatMap((result) => (result.status === "rejected" ? [(result.reason as { code: string }).code] : []));
      expect(lost).toEqual(["precondition-failed", "precondition-failed", "precondition-failed"]);
    });

    it("without a version: each is applied to what the other left", async () => {
      const { id } = await create();
      await Promise.all([patch(id, { display_name: "Club" }), patch(id, { allowed_domains: ["example.org"] }), move(id, "active")]);
      expect((await stored(id)).document).toMatchObject({ display_name: "Club", allowed_domains: ["example.org"], status: "active" });
    });

    it("to the same status: one wins, the other is not allowed any more", async () => {
      const { id } = await create();
      const results = await Promise.allSettled([move(id, "active"), move(id, "active")]);
      expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
      expect((await stored(id)).document.status_history).toHaveLength(1);
    });

    it("that never end are given up with a conflict", async () => {
      const { id } = await create();
      const store = new Proxy(open.store, {
        get: (target, name: keyof typeof open.store) =>
          name === "replace" ? async () => "precondition-failed" : target[name].bind(target),
      });
      await expect(patchConfig({ ...ports, store })(change(id), { display_name: "Club" })).rejects.toMatchObject({ code: "conflict" });
    });

    it("of an old version changes nothing", async () => {
      const { id } = await create();
      const { etag } = await stored(id);
      await patch(id, { display_name: "New" });
      await expect(patch(id, { display_name: "Old" }, ifMatch(etag))).rejects.toMatchObject({ code: "precondition-failed" });
      await expect(move(id, "active", undefined, ifMatch(etag))).rejects.toMatchObject({ code: "precondition-failed" });
      expect((await stored(id)).document).toMatchObject({ display_name: "New", status: "draft" });
    });
  });
});
