import net from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProviderDefinition } from "../../shared/providers/definition.ts";
import { providers } from "../../shared/providers/registry.ts";
import { exampleSettings } from "../support/fill-route.ts";
import { type Gateway, newTenant, startGateway } from "../support/gateway.ts";
import { rawRequest } from "../support/raw-request.ts";

const bytesMax = 1_048_576;
const event = { event_name: "pageview", page_url: "https://shop.example/" };
const [{ slug: provider }] = providers as [ProviderDefinition];
const settings = await exampleSettings(provider, "http://127.0.0.1:9");
const json = { "content-type": "application/json" };

describe("the gateway's manners over HTTP", () => {
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

  describe("refusals", () => {
    const problem = (status: number, code: string) => ({
      status,
      body: { type: `/problems/${code}`, title: expect.any(String), status, code, request_id: expect.any(String) },
    });

    it("404: for what is not there, whatever the method, key or no key", async () => {
      for (const path of [
        "/nothing",
        "/v1",
        "/v2/analytics/events",
        "/analytics",
        "/analytics//events",
        "//analytics/events",
        "/admin/tenants",
      ]) {
        for (const method of ["GET", "POST", "DELETE"]) {
          expect({ path, ...(await gateway.call(method, path, { key })) }).toMatchObject({ path, ...problem(404, "not-found") });
        }
      }
      expect(await gateway.call("GET", "/analytics/nobody/configs", { key })).toMatchObject(problem(404, "unknown-provider"));
    });

    it("405: with what the resource has in Allow, and before asking who it is", async () => {
      const events = await gateway.call("PUT", "/analytics/events");
      expect(events).toMatchObject(problem(405, "method-not-allowed"));
      expect(events.headers.get("allow")?.split(", ").sort()).toEqual(["GET", "HEAD", "OPTIONS", "POST"]);
      const page = await gateway.call("POST", "/problems/not-found", { body: {} });
      expect([page.status, page.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
      expect((await raw("TRACE", "/analytics/events", {})).status).toBe(405);
    });

    it("406: when the answer is not among what is accepted, and then nothing has happened", async () => {
      const tenant = await newTenant(gateway);
      const send = (accept: string) => gateway.call("POST", "/analytics/events", { key: tenant.key, body: event, headers: { accept } });
      for (const accept of ["text/html", "application/json;q=0", "application/xml, text/*;q=0.5"]) {
        expect(await send(accept)).toMatchObject(problem(406, "not-acceptable"));
      }
      const list = await gateway.call("GET", "/analytics/events", { key: tenant.key });
      expect(list.body.items).toEqual([]);
      expect((await gateway.call("GET", "/analytics/events", { key, headers: { accept: "text/html" } })).status).toBe(406);
      for (const accept of ["*/*", "text/html, application/*;q=0.1", "application/json; charset=utf-8", ""]) {
        expect((await send(accept)).status).toBe(202);
      }
    });

    it("413: for a body over the limit, announced or not, and for one that grows over it when unpacked", async () => {
      const padded = (bytes: number) => {
        const envelope = JSON.stringify({ events: [event] });
        return envelope + " ".repeat(bytes - envelope.length);
      };
      expect((await post(padded(bytesMax))).status).toBe(202);
      expect(await post(padded(bytesMax + 1))).toMatchObject(problem(413, "body-too-large"));
      const chunks = Array.from({ length: 33 }, () => Buffer.alloc(32_768, " "));
      const chunked = await raw("POST", "/analytics/events", { ...json, authorization: `Bearer ${key}` }, chunks);
      expect([chunked.status, JSON.parse(chunked.text).code]).toEqual([413, "body-too-large"]);
      const bomb = gzipSync(Buffer.alloc(64 * bytesMax, " "));
      expect(bomb.length).toBeLessThan(bytesMax / 8);
      expect(await post(bomb, { "content-encoding": "gzip" })).toMatchObject({
        ...problem(413, "body-too-large"),
        body: { bytes_max: bytesMax },
      });
      const config = { ...settings, display_name: "n".repeat(65_536) };
      expect((await gateway.call("POST", `/analytics/${provider}/configs`, { key, body: config })).status).toBe(413);
    });

    it("413: for more than 1000 events, pointing at them", async () => {
      const events = Array.from({ length: 1_001 }, () => event);
      expect(await post({ events })).toMatchObject({ status: 413, body: { code: "too-many-events", pointer: "/events" } });
      expect(await post({ events: events.slice(1) })).toMatchObject({ status: 202, body: { accepted: 1_000 } });
    });

    it("415: for another media type, charset or encoding, naming the header", async () => {
      for (const type of [
        "text/html",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "multipart/form-data",
        "",
      ]) {
        expect(await post(JSON.stringify(event), { "content-type": type })).toMatchObject({
          ...problem(415, "media-type-unsupported"),
          body: { header: "Content-Type" },
        });
      }
      expect(await post(event, { "content-encoding": "br" })).toMatchObject({ status: 415, body: { header: "Content-Encoding" } });
      const patch = await gateway.call("PATCH", `/analytics/${provider}/configs/none`, {
        key,
        body: {},
        headers: { "content-type": "text/plain" },
      });
      expect(patch.status).toBe(415);
    });

    it.each([
      ["half of an object", '{"event_name":'],
      ["nothing", ""],
      ["two values", "{}{}"],
      ["NaN", '{"event_name":NaN}'],
      ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
      ["a byte order mark of UTF-16", Buffer.from("\ufeff{}", "utf16le")],
    ])("400: for a body that is %s", async (_, body) => {
      expect(await post(body)).toMatchObject(problem(400, "body-malformed"));
    });

    it.each([
      ["a list", "[]"],
      ["a text", '"event"'],
      ["null", "null"],
      ["a number", "1"],
    ])("422: for a body that is %s where an object belongs", async (_, body) => {
      expect(await post(body)).toMatchObject({ ...problem(422, "body-invalid"), body: { pointer: "" } });
    });

    it("400: for a body that says gzip and is not", async () => {
      expect(await post(event, { "content-encoding": "gzip" })).toMatchObject(problem(400, "body-malformed"));
      const cut = gzipSync(JSON.stringify(event)).subarray(0, 20);
      expect(await post(cut, { "content-encoding": "gzip" })).toMatchObject(problem(400, "body-malformed"));
    });

    it("400: for a query parameter that is unknown, wrong or given twice, naming it", async () => {
      const list = (query: string) => gateway.call("GET", `/analytics/events?${query}`, { key });
      for (const [query, pointer] of [
        ["colour=red", "/colour"],
        ["limit=0", "/limit"],
        ["limit=101", "/limit"],
        ["limit=ten", "/limit"],
        ["limit=1&limit=2", "/limit"],
        ["since=yesterday", "/since"],
        ["outcome=lost", "/outcome"],
        ["toString=1", "/toString"],
        ["__proto__=1", "/__proto__"],
      ]) {
        expect({ query, ...(await list(query!)) }).toMatchObject({ query, status: 400, body: { code: "query-invalid", pointer } });
      }
      for (const cursor of ["x", "e30", "bnVsbA", "%00"]) {
        expect(await list(`cursor=${cursor}`)).toMatchObject({ status: 400, body: { code: "cursor-invalid", pointer: "/cursor" } });
      }
    });

    it("422: with the pointer of the field that is wrong, in events, configs and tenants", async () => {
      for (const [wrong, pointer] of [
        [{ event_name: "" }, "/event_name"],
        [{ page_url: "javascript:alert(1)" }, "/page_url"],
        [{ revenue: { amount: "1", currency: "EUR" } }, "/revenue/amount"],
        [{ context: { ip: "999.1.1.1" } }, "/context/ip"],
        [{ "a/b~c": 1 }, "/a~1b~0c"],
        [{ config_id: "none" }, "/config_id"],
      ] as const) {
        expect(await post({ ...event, ...wrong })).toMatchObject({ ...problem(422, "event-invalid"), body: { pointer } });
      }
      const config = await gateway.call("POST", `/analytics/${provider}/configs`, { key, body: { ...settings, display_name: 1 } });
      expect(config).toMatchObject({
        ...problem(422, "body-invalid"),
        body: { pointer: "/display_name", errors: [{ pointer: "/display_name" }] },
      });
      const tenant = await gateway.call("POST", "/v1/admin/tenants", { key: gateway.adminKey, body: { name: "x", tier: "gold" } });
      expect(tenant).toMatchObject({ ...problem(422, "body-invalid"), body: { pointer: "/tier" } });
    });

    it("serves a page for every problem it answers with, at the problem's type", async () => {
      const { body } = await gateway.call("GET", "/nothing");
      const page = await gateway.call("GET", body.type);
      expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/markdown; charset=utf-8"]);
      expect(page.text).toContain(body.code);
    });
  });

  describe("every answer", () => {
    it("has a request id of ours, whatever the caller's was", async () => {
      const ids: (string | null)[] = [];
      for (const [method, path] of [
        ["GET", "/"],
        ["GET", "/nothing"],
        ["GET", "/analytics/events"],
        ["OPTIONS", "/analytics/events"],
        ["HEAD", "/analytics/events"],
        ["GET", "/%ff"],
        ["GET", "/analytics/events/%E0%A4%A"],
      ] as const) {
        const answer = await gateway.call(method, path, { key, headers: { "x-request-id": "member-4711" } });
        const id = answer.headers.get("x-request-id");
        expect(id).toMatch(/^[\w.:-]{6,64}$/);
        if (answer.headers.get("content-type") === "application/problem+json" && method !== "HEAD") {
          expect(answer.body.request_id).toBe(id);
        }
        ids.push(id);
      }
      expect(new Set(ids).size).toBe(ids.length);
    });

    it("says what it is and is not to be guessed or kept", async () => {
      const { headers } = await gateway.call("GET", "/analytics/events", { key });
      expect(Object.fromEntries(headers)).toMatchObject({
        "content-type": "application/json",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      });
      expect((await gateway.call("GET", "/nothing")).headers.get("content-type")).toBe("application/problem+json");
    });

    it("is a problem document with a request id even when there was no request", async () => {
      const answers = await Promise.all(
        [
          "NONSENSE\r\n\r\n",
          "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: ten\r\n\r\n",
          `GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`,
        ].map(exchange),
      );
      expect(answers.map((answer) => Number(answer.split(" ")[1]))).toEqual([400, 400, 431]);
      for (const answer of answers) {
        const [head, body] = answer.split("\r\n\r\n") as [string, string];
        expect(head).toContain("content-type: application/problem+json");
        const { request_id: id } = JSON.parse(body) as { request_id: string };
        expect(head).toContain(`x-request-id: ${id}`);
      }
    });

    const exchange = async (sent: string): Promise<string> => {
      const { hostname, port } = new URL(gateway.url);
      const socket = net.connect(Number(port), hostname);
      socket.write(sent);
      return text(socket);
    };
  });
});
