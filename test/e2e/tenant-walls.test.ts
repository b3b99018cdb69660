import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import type { Route } from "../../shared/http/route.ts";
import {
  fillPath,
  isOffered,
  nameOf,
  namesThing,
  prefixesOf,
  queryNames,
  queryOfThings,
  registeredRoutes,
  sampleBody,
  type Things,
} from "../support/fill-route.ts";
import { type FurnishedTenant, furnishTenant, makeKey, tenantScopes } from "../support/furnished-tenant.ts";
import { type Answered, eventually, type Gateway, startGateway } from "../support/gateway.ts";

const scopeOf = ({ access }: Route) => (typeof access === "object" ? access.scope : undefined);
const inEveryVersion = (routes: readonly Route[]) =>
  routes.flatMap((route) => prefixesOf(route).map((prefix) => ({ route, prefix, title: `${route.method} ${prefix}${route.path}` })));
const tenantRoutes = inEveryVersion(registeredRoutes.filter((route) => scopeOf(route) !== undefined));
const adminRoutes = inEveryVersion(registeredRoutes.filter(({ access }) => access === "admin"));
const origin = { origin: "https://www.club.example" };

describe("the walls between tenants, at every registered route", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  let alice: FurnishedTenant;
  let bob: FurnishedTenant;
  /** For what a tenant's own keys may and may not do. */
  let carol: FurnishedTenant;
  let bobBefore: unknown;
  const startedAt = Date.now();
  const span: Record<string, string> = {
    from: new Date(startedAt - 3_600_000).toISOString(),
    to: new Date(startedAt + 3_600_000).toISOString(),
  };

  const newKey = (tenant: string, body: object) => makeKey(gateway, tenant, body);

  const request = async (
    { method, path, ...route }: Route,
    prefix: string,
    things: Things,
    { key, query = {}, headers }: { key?: string; query?: Record<string, string>; headers?: Record<string, string> },
  ): Promise<Answered> => {
    const whole = { method, path, ...route };
    const body = await sampleBody(whole, things, recording.url);
    const search = Object.keys(query).length === 0 ? "" : `?${new URLSearchParams(query)}`;
    return gateway.call(method, prefix + fillPath(whole, things) + search, {
      ...(key === undefined ? {} : { key }),
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    });
  };

  const expectNothingOf = (tenant: FurnishedTenant, answer: Answered) => {
    const shown = answer.text + JSON.stringify([...answer.headers]);
    expect(tenant.marks.filter((mark) => shown.includes(mark))).toEqual([]);
  };

  /** All that can be read of a tenant, by its own key and by the operator's. */
  const everythingOf = async ({ things, key }: FurnishedTenant) => {
    const seen: Record<string, unknown> = {};
    const readable = registeredRoutes.filter(
      (route) => route.method === "GET" && (scopeOf(route) !== undefined || (route.access === "admin" && namesThing(route))),
    );
    for (const route of readable) {
      for (const one of things) {
        const query = Object.fromEntries(queryNames(route).flatMap((name) => (name in span ? [[name, span[name]!]] : [])));
        const credential = route.access === "admin" ? gateway.adminKey : key;
        const { status, body, headers } = await request(route, prefixesOf(route)[0]!, one, { key: credential, query });
        expect({ route: nameOf(route), status }).toEqual({ route: nameOf(route), status: 200 });
        seen[`${nameOf(route)} ${one.provider}`] = { body, etag: headers.get("etag") };
      }
    }
    return seen;
  };

  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway();
    alice = await furnishTenant(gateway, recording.url, "alpaca");
    bob = await furnishTenant(gateway, recording.url, "beluga");
    carol = await furnishTenant(gateway, recording.url, "caracal");
    bobBefore = await everythingOf(bob);
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  it("knows what to send to each route", async () => {
    expect(tenantRoutes.length).toBeGreaterThan(0);
    expect(adminRoutes.length).toBeGreaterThan(0);
    for (const route of registeredRoutes) {
      for (const things of bob.things) {
        expect(fillPath(route, things)).not.toContain("{");
        expect(queryOfThings(route, things)).toBeTypeOf("object");
        await expect(sampleBody(route, things, recording.url)).resolves.not.toThrow();
      }
    }
  });

  describe.each(tenantRoutes)("$title", ({ route, prefix }) => {
    const forEachThing = async (whose: () => FurnishedTenant, check: (things: Things) => Promise<void>) => {
      for (const things of whose().things) {
        await check(things);
      }
    };

    it("shows, and lets change, nothing of another tenant", async () => {
      await forEachThing(
        () => bob,
        async (things) => {
          // Of her own redeliveries no more than a few go on at the same time.
          const answer = await eventually(
            () => request(route, prefix, things, { key: alice.key }),
            ({ body }) => body?.code !== "resend-running",
          );
          if (namesThing(route) || !isOffered(route, things)) {
            expect(answer).toMatchObject({ status: 404, body: { code: "not-found" } });
          } else {
            expect(answer.status).toBeGreaterThanOrEqual(200);
            expect(answer.status).toBeLessThan(300);
          }
          expectNothingOf(bob, answer);
        },
      );
    });

    it("takes the tenant from the key only", async () => {
      const own = await request(route, prefix, alice.things[0]!, {
        key: alice.key,
        query: { tenant_id: bob.tenant },
        headers: { "x-tenant-id": bob.tenant },
      });
      expect(own).toMatchObject({ status: 400, body: { code: "query-invalid", pointer: "/tenant_id" } });
      expectNothingOf(bob, own);
    });

    it("finds nothing when the query names another tenant's things, or a place in another tenant's list", async () => {
      await forEachThing(
        () => bob,
        async (things) => {
          const query = queryOfThings(route, things);
          const found = await request(route, prefix, namesThing(route) ? alice.things[0]! : things, { key: alice.key, query });
          expectNothingOf(bob, found);
          if (Object.keys(query).length > 0) {
            expect(found).toMatchObject({ status: 200, body: { items: [], next_cursor: null } });
          }
          if (queryNames(route).includes("cursor")) {
            const { body } = await request(route, prefix, things, { key: bob.key, query: { limit: "1" } });
            const cursor = body.next_cursor ?? Buffer.from(JSON.stringify("0")).toString("base64url");
            expectNothingOf(bob, await request(route, prefix, things, { key: alice.key, query: { cursor } }));
          }
        },
      );
    });

    it("403: for a key of the tenant itself with all scopes but the route's", async () => {
      const { key } = await newKey(carol.tenant, { kind: "secret", scopes: tenantScopes.filter((scope) => scope !== scopeOf(route)) });
      const answer = await request(route, prefix, carol.things[0]!, { key });
      expect(answer).toMatchObject({ status: 403, body: { code: "scope-missing", scope: scopeOf(route) } });
    });

    it("401: without a key, with a mistyped, revoked or admin key, and with a secret key in the query", async () => {
      const [things] = carol.things as [Things];
      const revoked = await newKey(carol.tenant, { kind: "secret", scopes: tenantScopes });
      expect(
        (await request(route, prefix, { ...things, event: crypto.randomUUID(), config: "none", consentConfig: "none" }, revoked)).status,
      ).not.toBe(401);
      await gateway.call("DELETE", `/v1/admin/tenants/${carol.tenant}/keys/${revoked.id}`, { key: gateway.adminKey });
      expect(await request(route, prefix, things, {})).toMatchObject({ status: 401, body: { code: "credentials-missing" } });
      const mistyped = `${carol.key.slice(0, -1)}${carol.key.endsWith("0") ? "1" : "0"}`;
      for (const key of [mistyped, revoked.key, gateway.adminKey, carol.tenant]) {
        const answer = await request(route, prefix, things, { key });
        expect(answer).toMatchObject({ status: 401, body: { code: "credentials-invalid" } });
        expect(answer.headers.get("www-authenticate")).toContain("Bearer");
        expectNothingOf(carol, answer);
      }
      expect(await request(route, prefix, things, { query: { key: carol.key } })).toMatchObject({ status: 401 });
    });

    it("refuses a site key but where pages need it, and there from every other origin", async () => {
      const [things] = carol.things as [Things];
      const { key } = await newKey(carol.tenant, { kind: "site", allowed_domains: ["www.club.example"] });
      if (typeof route.access === "object" && route.access.siteKey === true) {
        for (const headers of [{}, { origin: "https://other.example" }, { origin: "null" }]) {
          expect(await request(route, prefix, things, { key, headers })).toMatchObject({
            status: 403,
            body: { code: "origin-not-allowed" },
          });
        }
      } else {
        expect(await request(route, prefix, things, { key, headers: origin })).toMatchObject({
          status: 403,
          body: { code: "scope-missing" },
        });
        expect((await request(route, prefix, things, { query: { key }, headers: origin })).status).toBe(403);
      }
    });
  });

  describe.each(adminRoutes)("$title", ({ route, prefix }) => {
    it("401: for tenants' keys of every kind, for the tenant's own things too", async () => {
      const [things] = bob.things as [Things];
      const site = await newKey(carol.tenant, { kind: "site", allowed_domains: ["www.club.example"] });
      expect(await request(route, prefix, things, {})).toMatchObject({ status: 401, body: { code: "credentials-missing" } });
      for (const key of [alice.key, bob.key, site.key]) {
        const answer = await request(route, prefix, things, { key, headers: origin });
        expect(answer).toMatchObject({ status: 401, body: { code: "credentials-invalid" } });
        expectNothingOf(bob, answer);
      }
      for (const key of [site.key, gateway.adminKey]) {
        expect((await request(route, prefix, things, { query: { key }, headers: origin })).status).toBe(401);
      }
    });
  });

  it("refuses an event that addresses another tenant's config, as it refuses one that is not there", async () => {
    const post = (config_id: string) => gateway.call("POST", "/analytics/events", { key: alice.key, body: { event_name: "x", config_id } });
    const [foreign, none] = [await post(bob.things[0]!.config), await post("none")];
    expect(foreign).toMatchObject({ status: 422, body: { code: "event-invalid", pointer: "/config_id" } });
    expect({ ...foreign.body, request_id: "" }).toEqual({ ...none.body, request_id: "" });
  });

  it("refuses a tenant in a body", async () => {
    const [{ provider }] = alice.things as [Things];
    const tenant_id = bob.tenant;
    const event = await gateway.call("POST", "/analytics/events", { key: alice.key, body: { event_name: "x", tenant_id } });
    expect(event).toMatchObject({ status: 422, body: { pointer: "/tenant_id" } });
    const config = await gateway.call("POST", `/analytics/${provider}/configs`, { key: alice.key, body: { tenant_id } });
    expect(config.status).toBe(422);
    expect(config.body.errors).toContainEqual({ pointer: "/tenant_id", detail: "unknown field" });
  });

  it("sends a secret of the gateway's own nowhere", async () => {
    const settings = { endpoint: `${recording.url}/otlp`, credentials: { authorization_ref: "carreau-signing-key" } };
    const made = await gateway.call("POST", "/analytics/otlp/configs", { key: carol.key, body: settings });
    const before = recording.requests["otlp"];
    const verified = await gateway.call("POST", `/analytics/otlp/configs/${made.body.id}/verify`, { key: carol.key });
    const detail = "/credentials/authorization_ref: the vault does not have this secret for this tenant";
    expect(verified).toMatchObject({ status: 200, body: { result: "failed", detail } });
    expect(recording.requests["otlp"]).toBe(before);
  });

  it("tells nothing of another tenant's idempotency keys", async () => {
    const event = { event_name: "beluga event", page_url: "https://beluga.example/", user_id: "beluga-visitor", idempotency_key: "two" };
    const own = await gateway.call("POST", "/analytics/events", { key: carol.key, body: event });
    expect(own).toMatchObject({ status: 409, body: { code: "idempotency-conflict" } });
    const posted = await gateway.call("POST", "/analytics/events", { key: carol.key, body: { ...event, idempotency_key: "three" } });
    const bobs = await gateway.call("POST", "/analytics/events", { key: alice.key, body: { ...event, idempotency_key: "three" } });
    expect([posted.body.results[0].status, bobs.body.results[0].status]).toEqual(["accepted", "accepted"]);
    expect(posted.body.results[0].id).not.toBe(bobs.body.results[0].id);
  });

  it("has left the other tenant as it was", async () => {
    expect(await everythingOf(bob)).toEqual(bobBefore);
  });
});
