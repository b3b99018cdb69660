import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { hashKey } from "../../../shared/tenants/api-key.ts";
import { newKey } from "../../../shared/tenants/key.ts";
import { createKey, listKeys, revokeKey } from "../../../shared/tenants/manage-keys.ts";
import { createTenant, getTenant, listTenants } from "../../../shared/tenants/manage-tenants.ts";
import { openTestStore } from "../../support/embedded-store.ts";

const wanted = newKey.parse({ kind: "secret", scopes: ["events:write"] });

describe("a tenant's keys", () => {
  let open: ReturnType<typeof openTestStore>;
  let tenantId: string;
  beforeEach(async () => {
    open = openTestStore();
    ({ id: tenantId } = await createTenant(open, 3)({ name: "Club", tier: "sandbox" }));
  });
  afterEach(() => open.close());

  it("are in no file as they are, only as hashes", async () => {
    const { key, record } = await createKey(open)(tenantId, wanted);
    const bytes = Buffer.concat(readdirSync(open.folder).map((name) => readFileSync(join(open.folder, name))));
    expect(bytes.includes(hashKey(key))).toBe(true);
    expect(bytes.includes(record.hint)).toBe(true);
    expect(bytes.includes(key)).toBe(false);
    expect(bytes.includes(key.slice(record.hint.length))).toBe(false);
  });

  it("are recognised by a beginning that says little of them", async () => {
    const { key, record } = await createKey(open)(tenantId, wanted);
    expect(key.startsWith("ck_test_")).toBe(true);
    expect(record).toMatchObject({ hint: key.slice(0, 12), tenant_id: tenantId, scopes: ["events:write"] });
  });

  it("are listed in the order of their making, page by page, of this tenant only", async () => {
    const other = await createTenant(open, 3)({ name: "Other", tier: "free" });
    await createKey(open)(other.id, wanted);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      ids.push((await createKey(open)(tenantId, wanted)).record.id);
    }
    const first = await listKeys(open)(tenantId, 3, undefined);
    const second = await listKeys(open)(tenantId, 3, first.at(-1)?.id);
    expect([...first, ...second].map(({ id }) => id)).toEqual(ids);
  });

  it("are gone, with their credential, once revoked; a second time they are not there", async () => {
    const { record } = await createKey(open)(tenantId, wanted);
    const forgotten: string[] = [];
    const revoking = revokeKey(open, { forget: (hash) => void forgotten.push(hash) });
    await revoking(tenantId, record.id);
    expect(forgotten).toEqual([record.hash]);
    expect(await listKeys(open)(tenantId, 10, undefined)).toEqual([]);
    expect(await open.store.get("keys", record.hash, record.hash)).toBeUndefined();
    await expect(revoking(tenantId, record.id)).rejects.toMatchObject({ code: "not-found" });
  });

  it("can't be revoked by another tenant's name", async () => {
    const { record } = await createKey(open)(tenantId, wanted);
    await expect(revokeKey(open, { forget: () => {} })("tenant-b", record.id)).rejects.toMatchObject({ code: "not-found" });
    expect(await open.store.get("keys", record.hash, record.hash)).toBeDefined();
  });

  it("are finished off by revoking again when the process died in between", async () => {
    const { record } = await createKey(open)(tenantId, wanted);
    await open.store.delete("keys", record.hash, record.hash);
    await revokeKey(open, { forget: () => {} })(tenantId, record.id);
    expect(await listKeys(open)(tenantId, 10, undefined)).toEqual([]);
  });

  it("404: for a tenant that nobody made", async () => {
    await expect(createKey(open)("nobody", wanted)).rejects.toMatchObject({ code: "not-found" });
    await expect(listKeys(open)("nobody", 10, undefined)).rejects.toMatchObject({ code: "not-found" });
    await expect(getTenant(open)("nobody")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("what an operator says to make a key", () => {
  it.each<[string, object, string | undefined]>([
    ["a secret key with a scope", { kind: "secret", scopes: ["analytics:read"] }, undefined],
    ["a secret key without scopes", { kind: "secret" }, "scopes"],
    ["a secret key with no scope in the list", { kind: "secret", scopes: [] }, "scopes"],
    ["a secret key with the admin scope", { kind: "secret", scopes: ["admin"] }, "scopes"],
    ["a secret key with domains", { kind: "secret", scopes: ["analytics:read"], allowed_domains: ["a.example"] }, "allowed_domains"],
    ["a secret key with ranges", { kind: "secret", scopes: ["analytics:read"], cidr_allow: ["203.0.113.0/24", "::/0"] }, undefined],
    [
      "a secret key with an address that is no range",
      { kind: "secret", scopes: ["analytics:read"], cidr_allow: ["203.0.113.7"] },
      "cidr_allow",
    ],
    ["a site key with domains", { kind: "site", allowed_domains: ["*.a.example"] }, undefined],
    ["a site key without domains", { kind: "site" }, "allowed_domains"],
    ["a site key that may read", { kind: "site", allowed_domains: ["a.example"], scopes: ["analytics:read"] }, "scopes"],
    ["a site key with ranges", { kind: "site", allowed_domains: ["a.example"], cidr_allow: ["::/0"] }, "cidr_allow"],
    ["a key of another kind", { kind: "admin", scopes: ["admin"] }, "kind"],
  ])("%s", (_, body, wrong) => {
    const parsed = newKey.safeParse(body);
    expect(parsed.success ? undefined : parsed.error.issues[0]?.path[0]).toBe(wrong);
  });
});

describe("tenants", () => {
  it("are listed in the order of their making, page by page", async () => {
    const open = openTestStore();
    onTestFinished(open.close);
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) {
      ids.push((await createTenant(open, 8)({ name, tier: "free" })).id);
    }
    const first = await listTenants(open)(2, undefined);
    expect(first[0]).toMatchObject({ name: "a", tier: "free", event_shards: 8 });
    expect([...first, ...(await listTenants(open)(2, first.at(-1)?.id))].map(({ id }) => id)).toEqual(ids);
  });
});
