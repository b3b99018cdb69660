import { createHash, createPublicKey, verify } from "node:crypto";
import canonicalize from "canonicalize";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consentingTenant } from "../support/consenting-tenant.ts";
import { makeKey } from "../support/furnished-tenant.ts";
import { type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const origin = { origin: "https://www.club.example" };

describe("consent records over HTTP", () => {
  let gateway: Gateway;
  let tenant: Awaited<ReturnType<typeof consentingTenant>>;
  beforeAll(async () => {
    gateway = await startGateway();
    tenant = await consentingTenant(gateway);
  });
  afterAll(() => gateway.stop());

  const decide = (body: object, key = tenant.siteKey, headers: Record<string, string> = origin) =>
    gateway.call("POST", "/consent/records", { key, body, headers });
  const pathOf = (visitor: string) => `/consent/records/${encodeURIComponent(visitor)}`;
  const read = (visitor: string, key: string, query = "") => gateway.call("GET", pathOf(visitor) + query, { key, headers: origin });
  const revoke = (visitor: string, body?: object, key = tenant.siteKey) =>
    gateway.call("POST", `${pathOf(visitor)}/revoke`, { key, headers: origin, ...(body === undefined ? {} : { body }) });

  it("201: records a page's decision, for a visitor of our making, and says where it stands", async () => {
    const { status, body, headers } = await decide({ decisions: { analytics: true } }, tenant.siteKey, {
      ...origin,
      dnt: "1",
      "sec-gpc": "1",
    });
    expect(status).toBe(201);
    expect(body.record).toMatchObject({
      tenant_id: tenant.id,
      visitor_id: expect.stringMatching(/^v_[\w-]{32}$/),
      sequence: 1,
      decisions: { necessary: true, analytics: true, marketing: false },
      config_id: tenant.config,
      config_version: 1,
      method: "banner",
      recorded_by: "site",
      signals: { do_not_track: true, global_privacy_control: true },
    });
    expect(Math.abs(Date.parse(body.record.decided_at) - Date.now())).toBeLessThan(60_000);
    expect(headers.get("location")).toBe(`/consent/records/${body.record.visitor_id}`);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("access-control-allow-origin")).toBe("*");
    const stored = await read(body.record.visitor_id, tenant.siteKey);
    expect(stored).toMatchObject({ status: 200, body });
  });

  it("201: takes what a beacon sends, with the key in the query and as text", async () => {
    const response = await fetch(`${gateway.url}/v1/consent/records?key=${tenant.siteKey}`, {
      method: "POST",
      headers: { ...origin, "content-type": "text/plain;charset=UTF-8" },
      body: JSON.stringify({ visitor_id: "beacon", decisions: { marketing: true }, method: "preferences" }),
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe("/v1/consent/records/beacon");
    expect((await read("beacon", tenant.siteKey)).body.record).toMatchObject({ method: "preferences", decisions: { marketing: true } });
  });

  it("201: records a server's decision, with the language and version that were shown", async () => {
    const shown = { config_id: tenant.config, config_version: 1, language: "en-GB" };
    const { status, body } = await decide({ visitor_id: "member/7 ?#é", decisions: {}, ...shown }, tenant.key, {});
    expect(status).toBe(201);
    expect(body.record).toMatchObject({ visitor_id: "member/7 ?#é", method: "api", recorded_by: "secret", language: "en" });
    expect((await read("member/7 ?#é", tenant.siteKey)).body.record).toEqual(body.record);
  });

  it("gives receipts that anybody can check with the published keys, and that are void when any of it is changed", async () => {
    const { body } = await decide({ decisions: { analytics: true } });
    const published = await gateway.call("GET", "/consent/public-keys");
    expect(published).toMatchObject({ status: 200, body: { keys: [{ algorithm: "ed25519", jwk: { kty: "OKP", crv: "Ed25519" } }] } });
    expect(published.headers.get("cache-control")).toBe("public, max-age=300");
    expect(published.text).not.toMatch(/PRIVATE|"d"/);

    const { document, signature } = body.receipt;
    const { jwk } = published.body.keys.find(({ key_id }: { key_id: string }) => key_id === signature.key_id);
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    const isSigned = (statement: object) =>
      verify(null, Buffer.from(canonicalize(statement)!), publicKey, Buffer.from(signature.value, "base64url"));
    expect(isSigned(document)).toBe(true);
    for (const field of Object.keys(document)) {
      expect({ field, isSigned: isSigned({ ...document, [field]: "other" }) }).toEqual({ field, isSigned: false });
    }
    const { hash, ...rest } = body.record;
    expect(createHash("sha256").update(canonicalize(rest)!).digest("hex")).toBe(hash);
    expect(document).toMatchObject({ type: "consent-receipt", record_id: body.record.record_id, hash });
  });

  it("chains two records when the same decision comes twice at once", async () => {
    const post = () => decide({ visitor_id: "twice", decisions: { analytics: true } });
    const both = await Promise.all([post(), post()]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    const [first, second] = both.map(({ body }) => body.record).sort((a, b) => a.sequence - b.sequence);
    expect([first.sequence, second.sequence]).toEqual([1, 2]);
    expect(second.previous_hash).toBe(first.hash);
    expect((await gateway.call("GET", `${pathOf("twice")}/chain`, { key: tenant.key })).body).toEqual({ valid: true, records: 2 });
  });

  it("shows the newest decision to a site key, and all of them, page by page, to a server", async () => {
    for (const analytics of [true, false, true]) {
      await decide({ visitor_id: "history", decisions: { analytics } });
    }
    expect((await read("history", tenant.siteKey)).body.record.sequence).toBe(3);
    const first = await read("history", tenant.key, "?limit=2");
    expect(first.body.items.map(({ record }: { record: { sequence: number } }) => record.sequence)).toEqual([3, 2]);
    const second = await read("history", tenant.key, `?limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body).toMatchObject({ items: [{ record: { sequence: 1 }, receipt: { document: { sequence: 1 } } }], next_cursor: null });
    const odd = await read("history", tenant.key, `?cursor=${Buffer.from('"x"').toString("base64url")}`);
    expect(odd).toMatchObject({ status: 400, body: { code: "cursor-invalid" } });
  });

  it("201: takes consent back, all of it or some of it", async () => {
    await decide({ visitor_id: "leaving", decisions: { analytics: true, marketing: true } });
    const some = await revoke("leaving", { categories: ["marketing"] });
    expect(some).toMatchObject({
      status: 201,
      body: { record: { decisions: { analytics: true, marketing: false }, revoked: ["marketing"] } },
    });
    const all = await revoke("leaving");
    expect(all).toMatchObject({
      status: 201,
      body: { record: { sequence: 3, method: "revocation", decisions: { necessary: true, analytics: false, marketing: false } } },
    });
    expect((await read("leaving", tenant.siteKey)).body).toEqual(all.body);
  });

  it("404: for a visitor of whom nothing is recorded, also when another tenant has recorded something", async () => {
    const other = await consentingTenant(gateway);
    await decide({ visitor_id: "shared name", decisions: { analytics: true } });
    for (const { key, visitor } of [
      { key: other.key, visitor: "shared name" },
      { key: other.siteKey, visitor: "shared name" },
      { key: tenant.key, visitor: "nobody" },
    ]) {
      expect(await read(visitor, key)).toMatchObject({ status: 404, body: { code: "not-found" } });
      expect(await revoke(visitor, {}, key)).toMatchObject({ status: 404, body: { code: "not-found" } });
    }
    for (const { key, visitor } of [
      { key: other.key, visitor: "shared name" },
      { key: tenant.key, visitor: "nobody" },
    ]) {
      expect((await gateway.call("GET", `${pathOf(visitor)}/chain`, { key })).status).toBe(404);
    }
    await decide({ visitor_id: "shared name", decisions: {} }, other.siteKey);
    expect((await read("shared name", tenant.key)).body.items).toHaveLength(1);
  });

  it("422: names what is wrong with a decision", async () => {
    const wrong: [object, string][] = [
      [{}, "/decisions"],
      [{ decisions: [] }, "/decisions"],
      [{ decisions: { advertising: true } }, "/decisions/advertising"],
      [{ decisions: { functional: true } }, "/decisions/functional"],
      [{ decisions: { analytics: 1 } }, "/decisions/analytics"],
      [{ decisions: {}, config_id: "other" }, "/config_id"],
      [{ decisions: {}, config_version: 7 }, "/config_version"],
      [{ decisions: {}, method: "revocation" }, "/method"],
      [{ decisions: {}, language: "not a language" }, "/language"],
      [{ decisions: {}, visitor_id: "" }, "/visitor_id"],
      [{ decisions: {}, visitor_id: "\ud800" }, "/visitor_id"],
      [{ decisions: {}, tenant_id: "other" }, "/tenant_id"],
    ];
    for (const [sent, pointer] of wrong) {
      expect({ sent, ...(await decide(sent)) }).toMatchObject({ sent, status: 422, body: { code: "body-invalid", pointer } });
    }
    await decide({ visitor_id: "stays", decisions: { analytics: true } });
    for (const [categories, pointer] of [
      [["necessary"], "/categories/0"],
      [["analytics", "advertising"], "/categories/1"],
      [[], "/categories"],
    ]) {
      expect(await revoke("stays", { categories })).toMatchObject({ status: 422, body: { pointer } });
    }
    expect((await read("stays", tenant.key)).body.items).toHaveLength(1);
  });

  it("422: refuses decisions before anything is published", async () => {
    const { key } = await newTenant(gateway, ["consent:write"]);
    expect(await decide({ decisions: {} }, key, {})).toMatchObject({ status: 422, body: { pointer: "/config_id" } });
  });

  it("401, 403: for nobody, for pages elsewhere, for keys without the scope, and for pages that would check a chain", async () => {
    const path = "/consent/records";
    expect((await gateway.call("POST", path, { body: { decisions: {} } })).status).toBe(401);
    const elsewhere = await decide({ decisions: {} }, tenant.siteKey, { origin: "https://other.example" });
    expect(elsewhere).toMatchObject({ status: 403, body: { code: "origin-not-allowed" } });
    const { key } = await makeKey(gateway, tenant.id, { kind: "secret", scopes: ["analytics:read", "analytics:write"] });
    expect(await decide({ decisions: {} }, key)).toMatchObject({ status: 403, body: { scope: "consent:write" } });
    expect((await read("history", key)).status).toBe(403);
    const chain = await gateway.call("GET", `${pathOf("history")}/chain`, { key: tenant.siteKey, headers: origin });
    expect(chain).toMatchObject({ status: 403, body: { code: "scope-missing" } });
  });

  it("never writes a visitor's id into its log", async () => {
    await decide({ visitor_id: "secretive-visitor", decisions: {} });
    await read("secretive-visitor", tenant.siteKey);
    expect(gateway.log()).not.toContain("secretive-visitor");
  });
});
