import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { makeKey } from "../support/furnished-tenant.ts";
import { type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const configs = "/analytics/cookie-consent/configs";
const origin = "https://www.club.example";
const swedish = { title: "Kakor", body: "Vi ber om lov.", accept_all: "Ja", reject_all: "Nej", preferences: "Välj", save: "Spara" };

describe("the public consent config over HTTP", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({ env: { CARREAU_COUNTRY_HEADER: "X-Edge-Country", CARREAU_LOG_LEVEL: "debug" } });
  });
  afterAll(() => gateway.stop());

  /** A club with a site, and a banner on it unless it is told not to. */
  const openClub = async (body: object = {}, isPublished = true) => {
    const { id: tenant, key } = await newTenant(gateway, ["analytics:read", "analytics:write", "consent:write"]);
    const { key: siteKey } = await makeKey(gateway, tenant, { kind: "site", allowed_domains: ["www.club.example"] });
    const { body: config } = await gateway.call("POST", configs, {
      key,
      body: { display_name: "Banner", texts: { sv: swedish }, ...body },
    });
    const url = `${configs}/${config.id}`;
    const publish = () => gateway.call("POST", `${url}/publish`, { key });
    if (isPublished) {
      expect((await publish()).status).toBe(200);
    }
    const ask = (headers: Record<string, string> = {}, query = "", method = "GET") =>
      gateway.call(method, `/consent/config?key=${siteKey}${query}`, { headers: { origin, ...headers } });
    const varyOf = async (...args: Parameters<typeof ask>) => (await ask(...args)).headers.get("vary")!.split(", ").sort();
    return { key, siteKey, id: config.id as string, url, publish, ask, varyOf };
  };

  it("200: what a banner needs, for a page that has only its site key", async () => {
    const { id, ask } = await openClub();
    const answer = await ask();
    expect(answer).toMatchObject({
      status: 200,
      body: { config_id: id, version: 1, language: "en", banner_needed: true, consent_expiry_days: 180 },
    });
    expect(Object.keys(answer.body.categories)).toEqual(["necessary", "functional", "analytics", "marketing"]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("content-language")).toBe("en");
    const head = await ask({}, "", "HEAD");
    expect([head.status, head.text, head.headers.get("etag")]).toEqual([200, "", answer.headers.get("etag")]);
  });

  it("204: lets a page of any origin ask beforehand, as for events", async () => {
    const { siteKey } = await openClub({}, false);
    const headers = { origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" };
    const [config, events] = [`/consent/config?key=${siteKey}`, "/analytics/events"];
    const [answer, example] = [await gateway.call("OPTIONS", config, { headers }), await gateway.call("OPTIONS", events, { headers })];
    expect(answer.status).toBe(204);
    for (const name of ["access-control-allow-origin", "access-control-allow-headers", "access-control-max-age"]) {
      expect(answer.headers.get(name)).toBe(example.headers.get(name));
      expect(answer.headers.get(name)).not.toBeNull();
    }
    expect(answer.headers.get("access-control-allow-methods")).toContain("GET");
  });

  it("is in the language of the query, or else the closest of Accept-Language", async () => {
    const { ask } = await openClub();
    const languageOf = async (header: string, query = "") => (await ask({ "accept-language": header }, query)).body.language;
    expect(await languageOf("sv-FI, en;q=0.5")).toBe("sv");
    expect(await languageOf("de, sv;q=0.2, en;q=0.1")).toBe("sv");
    expect(await languageOf("de")).toBe("en");
    expect(await languageOf("sv", "&language=en-GB")).toBe("en");
    expect(await languageOf("sv", "&language=de")).toBe("en");
    expect((await ask({}, "&language=SV-se")).body).toMatchObject({ language: "sv", texts: swedish });
  });

  it("may be kept for five minutes, apart for all that it depends on", async () => {
    const { ask, varyOf, siteKey } = await openClub();
    expect((await ask()).headers.get("cache-control")).toBe("public, max-age=300");
    const always = ["Authorization", "Origin", "X-Edge-Country"];
    expect(await varyOf()).toEqual(["Accept-Language", ...always]);
    expect(await varyOf({}, "&language=sv")).toEqual(always);
    // Here the URL does not say whose it is.
    const inHeader = await gateway.call("GET", "/consent/config", { key: siteKey, headers: { origin } });
    expect([inHeader.status, inHeader.headers.get("cache-control")]).toEqual([200, "private, max-age=300"]);
  });

  it("304: until what the visitor would see is another", async () => {
    const { key, url, publish, ask } = await openClub({ geo_targeting_enabled: true });
    const first = await ask();
    const known = { "if-none-match": first.headers.get("etag")! };
    const again = await ask(known);
    expect([again.status, again.text]).toEqual([304, ""]);
    for (const name of ["etag", "cache-control", "vary", "access-control-allow-origin"]) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect((await ask({ ...known, "accept-language": "sv" })).status).toBe(200);
    expect((await ask({ ...known, "x-edge-country": "US" })).status).toBe(200);
    expect((await ask({ ...known, "x-edge-country": "SE" })).status).toBe(304);
    await gateway.call("PATCH", url, { key, body: { consent_expiry_days: 30 } });
    expect((await ask(known)).status).toBe(304);
    await publish();
    expect(await ask(known)).toMatchObject({ status: 200, body: { version: 2, consent_expiry_days: 30 } });
  });

  it("needs no banner only where the edge knows a country without such a law", async () => {
    const { ask } = await openClub({ geo_targeting_enabled: true });
    const neededIn = async (country: string) => (await ask({ "x-edge-country": country })).body.banner_needed;
    expect(await neededIn("US")).toBe(false);
    for (const country of ["SE", "GB", "CH", "XX", "T1", "us", "USA", "%"]) {
      expect({ country, needed: await neededIn(country) }).toEqual({ country, needed: true });
    }
    expect((await ask({ "cf-ipcountry": "US" })).body.banner_needed).toBe(true);
    const everywhere = await openClub();
    expect((await everywhere.ask({ "x-edge-country": "US" })).body.banner_needed).toBe(true);
  });

  it("without a setting knows no country", async () => {
    const plain = await startGateway();
    onTestFinished(async () => void (await plain.stop()));
    const { id, key } = await newTenant(plain, ["analytics:write", "consent:write"]);
    const made = await plain.call("POST", configs, { key, body: { display_name: "x", geo_targeting_enabled: true } });
    await plain.call("POST", `${configs}/${made.body.id}/publish`, { key });
    const { key: siteKey } = await makeKey(plain, id, { kind: "site", allowed_domains: ["www.club.example"] });
    const headers = { origin, "x-edge-country": "US", "cf-ipcountry": "US" };
    const answer = await plain.call("GET", `/consent/config?key=${siteKey}`, { headers });
    expect(answer.body.banner_needed).toBe(true);
    expect(answer.headers.get("vary")).toBe("Origin, Authorization, Accept-Language");
  });

  it("400: for a language that is no tag, and for a parameter that there is not", async () => {
    const { ask } = await openClub();
    for (const language of ["", "sv_SE", "a".repeat(36), "sv-", "%00"]) {
      expect(await ask({}, `&language=${language}`)).toMatchObject({ status: 400, body: { code: "query-invalid", pointer: "/language" } });
    }
    expect(await ask({}, "&config_id=x")).toMatchObject({ status: 400, body: { pointer: "/config_id" } });
  });

  it("401, 403: without a key, from another origin or from none, and for a key without the scope", async () => {
    const { siteKey } = await openClub();
    expect((await gateway.call("GET", "/consent/config")).status).toBe(401);
    for (const headers of [{}, { origin: "https://other.example" }, { origin: "null" }]) {
      const refused = await gateway.call("GET", `/consent/config?key=${siteKey}`, { headers });
      expect(refused).toMatchObject({ status: 403, body: { code: "origin-not-allowed" } });
      expect(refused.headers.get("cache-control")).toBe("no-store");
    }
    const { key } = await newTenant(gateway);
    const refused = await gateway.call("GET", "/consent/config", { key });
    expect(refused).toMatchObject({ status: 403, body: { code: "scope-missing", scope: "consent:write" } });
  });

  it("404: when nothing is published, or not any more", async () => {
    const { ask, publish, key, url } = await openClub({}, false);
    const none = await ask();
    expect(none).toMatchObject({ status: 404, body: { code: "not-found" } });
    expect(none.headers.get("cache-control")).toBe("no-store");
    await publish();
    expect((await ask()).status).toBe(200);
    await gateway.call("DELETE", url, { key });
    expect((await ask()).status).toBe(404);
  });

  it("405: for every method but GET", async () => {
    const { ask } = await openClub();
    const answer = await ask({}, "", "DELETE");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });

  it("tells nobody, not even the log, where a visitor was", async () => {
    const { ask } = await openClub({ geo_targeting_enabled: true });
    await ask({ "x-edge-country": "Ruritania" });
    expect(gateway.log()).toContain("/consent/config");
    expect(gateway.log()).not.toContain("Ruritania");
  });
});
