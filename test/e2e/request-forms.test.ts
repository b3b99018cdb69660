import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProviderDefinition } from "../../shared/providers/definition.ts";
import { providers } from "../../shared/providers/registry.ts";
import { exampleSettings } from "../support/fill-route.ts";
import { activateConfigs, type Gateway, newTenant, startGateway } from "../support/gateway.ts";
import { rawRequest } from "../support/raw-request.ts";

const event = { event_name: "pageview", page_url: "https://shop.example/" };
const [{ slug: provider }] = providers as [ProviderDefinition];
const settings = await exampleSettings(provider, "http://127.0.0.1:9");
const json = { "content-type": "application/json" };

describe("the ways to spell a request", () => {
  let gateway: Gateway;
  let key: string;
  beforeAll(async () => {
    gateway = await startGateway();
    ({ key } = await newTenant(gateway));
  });
  afterAll(() => gateway.stop());

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    gateway.call("POST", "/analytics/events", { key, body, headers: { ...json, ...headers } });

  const raw = (...[method, path, headers, chunks]: [string, string, Record<string, string>, Uint8Array[]?]) =>
    rawRequest(gateway.url, method, path, headers, chunks);

  describe("HEAD, OPTIONS and the ways to spell a path", () => {
    it("answers HEAD like GET without the body", async () => {
      for (const path of ["/", "/analytics/events", `/analytics/${provider}/configs`, "/nothing", "/analytics/events/none"]) {
        const [head, get] = [await gateway.call("HEAD", path, { key }), await gateway.call("GET", path, { key })];
        expect({ path, status: head.status, type: head.headers.get("content-type") }).toEqual({
          path,
          status: get.status,
          type: get.headers.get("content-type"),
        });
        expect(head.text).toBe("");
      }
    });

    it("answers OPTIONS without a key, and lets pages post events but not read", async () => {
      const preflight = { origin: "https://www.club.example", "access-control-request-method": "POST" };
      const events = await gateway.call("OPTIONS", "/analytics/events", { headers: preflight });
      expect(events.status).toBe(204);
      expect(events.headers.get("access-control-allow-origin")).toBe("*");
      expect(events.headers.get("access-control-allow-methods")).toContain("POST");
      const configs = await gateway.call("OPTIONS", `/analytics/${provider}/configs`, { headers: preflight });
      expect([configs.status, configs.headers.get("access-control-allow-origin")]).toEqual([204, null]);
      expect(configs.headers.get("allow")).toContain("POST");
    });

    it("takes a target with scheme and host, as proxies send it", async () => {
      const headers = { ...json, authorization: `Bearer ${key}` };
      const { status } = await raw("POST", `${gateway.url}/analytics/events?`, headers, [Buffer.from(JSON.stringify(event))]);
      expect(status).toBe(202);
      expect((await raw("GET", "http://elsewhere.example/nothing", headers)).status).toBe(404);
    });

    it("takes every tenant path with and without /v1 and a slash at the end, and stays in that version", async () => {
      for (const prefix of ["", "/v1"]) {
        for (const slash of ["", "/"]) {
          const posted = await gateway.call("POST", `${prefix}/analytics/events${slash}`, { key, body: event });
          expect(posted.status).toBe(202);
          const receipt = await gateway.call("GET", `${prefix}/analytics/events/${posted.body.results[0].id}${slash}`, { key });
          expect(receipt).toMatchObject({ status: 200, body: { event_name: "pageview" } });
          const made = await gateway.call("POST", `${prefix}/analytics/${provider}/configs${slash}`, { key, body: settings });
          const location = made.headers.get("location")!;
          expect([made.status, location]).toEqual([201, `${prefix}/analytics/${provider}/configs/${made.body.id}`]);
          expect((await gateway.call("GET", location + slash, { key })).body.id).toBe(made.body.id);
        }
      }
      expect((await gateway.call("GET", "/v1/problems/not-found")).status).toBe(404);
    });
  });

  describe("bodies", () => {
    it("takes gzip, text/plain and UTF-8 said or not", async () => {
      const packed = gzipSync(JSON.stringify({ ...event, page_title: "Ünïcödé ✓" }));
      const posted = await post(packed, { "content-encoding": "GZIP" });
      expect(posted.status).toBe(202);
      const receipt = await gateway.call("GET", `/analytics/events/${posted.body.results[0].id}`, { key });
      expect(receipt.body.page_title).toBe("Ünïcödé ✓");
      for (const type of ["text/plain", "text/plain;charset=UTF-8", 'application/json; charset="utf-8"', "Application/JSON"]) {
        expect((await post(JSON.stringify(event), { "content-type": type })).status).toBe(202);
      }
    });

    it("takes a body in chunks without a length, and an action without any", async () => {
      const headers = { ...json, authorization: `Bearer ${key}` };
      const parts = JSON.stringify(event)
        .match(/.{1,7}/g)!
        .map((part) => Buffer.from(part));
      expect((await raw("POST", "/analytics/events", headers, parts)).status).toBe(202);
      const ids = await activateConfigs(gateway, key, "http://127.0.0.1:9", [provider], { force: true });
      const paused = await gateway.call("POST", `/analytics/${provider}/configs/${ids[provider]}/pause`, { key });
      expect(paused).toMatchObject({ status: 200, body: { status: "paused" } });
    });
  });
});
