import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mintKey } from "../../../shared/tenants/api-key.ts";
import { authenticate } from "../../../shared/tenants/authenticate.ts";
import { type CredentialFinder, findCredential } from "../../../shared/tenants/find-credential.ts";
import { type NewKey, newKey } from "../../../shared/tenants/key.ts";
import { createKey, revokeKey } from "../../../shared/tenants/manage-keys.ts";
import { createTenant } from "../../../shared/tenants/manage-tenants.ts";
import type { Access, CredentialClaim } from "../../../shared/tenants/principal.ts";
import { openTestStore } from "../../support/embedded-store.ts";

const write: Exclude<Access, "public"> = { scope: "events:write", siteKey: true };
const read: Exclude<Access, "public"> = { scope: "analytics:read" };
const adminKey = "admin-key-of-a-test";

describe("authentication", () => {
  let open: ReturnType<typeof openTestStore>;
  let credentials: CredentialFinder;
  let tenantId: string;
  let reads: number;
  beforeEach(async () => {
    open = openTestStore();
    reads = 0;
    const get: typeof open.store.get = (...args) => {
      reads++;
      return open.store.get(...args);
    };
    credentials = findCredential({
      store: new Proxy(open.store, { get: (target, name) => (name === "get" ? get : Reflect.get(target, name)) }),
      clock: open.clock,
    });
    ({ id: tenantId } = await createTenant(open, 3)({ name: "Club", tier: "standard" }));
  });
  afterEach(() => open.close());

  const make = (wanted: Partial<NewKey> & Pick<NewKey, "kind">) => createKey(open)(tenantId, newKey.parse(wanted));
  const secretKey = async (more: Partial<NewKey> = {}) => (await make({ kind: "secret", scopes: ["events:write"], ...more })).key;
  const siteKey = async (...domains: string[]) => (await make({ kind: "site", allowed_domains: domains })).key;
  const ask = (claim: Partial<CredentialClaim>, access: Exclude<Access, "public"> = write) =>
    authenticate(credentials, async () => adminKey)(
      { authorization: null, queryKey: null, origin: null, clientAddress: undefined, ...claim },
      access,
    );
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const refused = (claim: Promise<unknown>, code: string) => expect(claim).rejects.toMatchObject({ code });

  it("tells the tenant, the key and what it may do from the key alone", async () => {
    const { key, record } = await make({ kind: "secret", scopes: ["events:write", "analytics:read"] });
    const principal = {
      kind: "secret",
      tenant_id: tenantId,
      key_id: record.id,
      scopes: ["events:write", "analytics:read"],
      event_shards: 3,
    };
    expect(await ask(bearer(key))).toEqual(principal);
    expect(await ask({ authorization: `bearer   ${key}` }, read)).toEqual(principal);
  });

  it("401: without a key", async () => {
    await refused(ask({}), "credentials-missing");
    await refused(ask({}, "admin"), "credentials-missing");
  });

  it.each(["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "ck_live_x", "Bearer ä", "Bearer a\tb"])(
    "401: for an Authorization header of another form: %j",
    async (authorization) => {
      await refused(ask({ authorization }), "credentials-invalid");
    },
  );

  it("401: for a key that is mistyped, without asking the store, and for one that nobody made", async () => {
    const key = await secretKey();
    await refused(ask(bearer(`${key.slice(0, -1)}${key.endsWith("a") ? "b" : "a"}`)), "credentials-invalid");
    expect(reads).toBe(0);
    await refused(ask(bearer(mintKey("secret", false))), "credentials-invalid");
    expect(reads).toBe(1);
  });

  it("401: for the key's hash, which is all that the store knows", async () => {
    const { record } = await make({ kind: "secret", scopes: ["events:write"] });
    await refused(ask(bearer(record.hash)), "credentials-invalid");
  });

  describe("a revoked key", () => {
    it("401: from the next request on in this process, within a second in another", async () => {
      const { key, record } = await make({ kind: "secret", scopes: ["events:write"] });
      const elsewhere = authenticate(findCredential(open), async () => adminKey);
      const claim = { ...bearer(key), queryKey: null, origin: null, clientAddress: undefined };
      await ask(bearer(key));
      await elsewhere(claim, write);

      await revokeKey(open, credentials)(tenantId, record.id);

      await refused(ask(bearer(key)), "credentials-invalid");
      await open.clock.jump(1_000);
      await refused(elsewhere(claim, write), "credentials-invalid");
    });

    it("leaves others of the same tenant as they are", async () => {
      const { record } = await make({ kind: "secret", scopes: ["events:write"] });
      const key = await secretKey();
      await revokeKey(open, credentials)(tenantId, record.id);
      await expect(ask(bearer(key))).resolves.toMatchObject({ tenant_id: tenantId });
    });
  });

  it("reads a busy key once a second", async () => {
    const key = await secretKey();
    await Promise.all(Array.from({ length: 20 }, () => ask(bearer(key))));
    expect(reads).toBe(1);
    await open.clock.jump(1_000);
    await ask(bearer(key));
    expect(reads).toBe(2);
  });

  it("403: without the scope, naming it", async () => {
    const key = await secretKey();
    await expect(ask(bearer(key), read)).rejects.toMatchObject({ code: "scope-missing", extensions: { scope: "analytics:read" } });
  });

  describe("a site key", () => {
    const origin = "https://www.example.org";

    it("works in the pages of its domains, in the header or the query", async () => {
      const key = await siteKey("*.example.org");
      await expect(ask({ ...bearer(key), origin })).resolves.toMatchObject({ kind: "site", tenant_id: tenantId });
      await expect(ask({ queryKey: key, origin })).resolves.toMatchObject({ kind: "site" });
    });

    it.each([null, "null", "https://example.org", "https://evilexample.org", "https://www.example.org.evil.example", "garbage"])(
      "403: from the origin %j",
      async (other) => {
        const key = await siteKey("*.example.org");
        await refused(ask({ queryKey: key, origin: other }), "origin-not-allowed");
      },
    );

    it("403: where a page has no business, although it has the scope", async () => {
      const key = await siteKey("*.example.org");
      await refused(ask({ ...bearer(key), origin }, { scope: "events:write" }), "scope-missing");
      await refused(ask({ ...bearer(key), origin }, read), "scope-missing");
    });

    it("401: a secret key is refused in the query, even one that is good", async () => {
      await refused(ask({ queryKey: await secretKey() }), "credentials-invalid");
    });

    it("counts for less than a header, even one that is bad", async () => {
      await refused(ask({ authorization: "Bearer x", queryKey: await siteKey("*.example.org"), origin }), "credentials-invalid");
    });
  });

  describe("a key for some addresses", () => {
    it.each([
      ["203.0.113.7", true],
      ["203.0.114.7", false],
      ["::ffff:203.0.113.7", true],
      ["2001:db8::1", true],
      ["2001:db9::1", false],
      ["::ffff:cb00:7107", true],
      [undefined, false],
      ["not an address", false],
    ])("from %s: %s", async (clientAddress, allowed) => {
      const key = await secretKey({ cidr_allow: ["203.0.113.0/24", "2001:db8::/32"] });
      const asked = ask({ ...bearer(key), clientAddress });
      await (allowed ? expect(asked).resolves.toMatchObject({ kind: "secret" }) : refused(asked, "address-not-allowed"));
    });

    it("works from anywhere when it names none", async () => {
      await expect(ask({ ...bearer(await secretKey()), clientAddress: undefined })).resolves.toMatchObject({ kind: "secret" });
    });
  });

  describe("the operator's key", () => {
    it("opens what is the operator's, and nothing of a tenant's", async () => {
      expect(await ask(bearer(adminKey), "admin")).toEqual({ kind: "admin" });
      await refused(ask(bearer(adminKey), write), "credentials-invalid");
    });

    it("401: for another one, a longer one, a tenant's, or in the query", async () => {
      for (const key of [`${adminKey.slice(0, -1)}x`, `${adminKey}-`, await secretKey()]) {
        await refused(ask(bearer(key), "admin"), "credentials-invalid");
      }
      await refused(ask({ queryKey: adminKey }, "admin"), "credentials-invalid");
    });
  });

  it("forgets a failed look-up, so that the next request asks again", async () => {
    const key = await secretKey();
    let isDown = true;
    const store = new Proxy(open.store, {
      get: (target, name) => (name === "get" && isDown ? () => Promise.reject(new Error("down")) : Reflect.get(target, name).bind(target)),
    });
    const finder = findCredential({ store, clock: open.clock });
    await expect(finder.find(key)).rejects.toThrow("down");
    isDown = false;
    await expect(finder.find(key)).resolves.toMatchObject({ tenant_id: tenantId });
  });
});
