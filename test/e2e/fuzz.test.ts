import http from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import type { Route } from "../../shared/http/route.ts";
import { anyBody, anyHeaders, anyQuery, anySegment, nestedTexts } from "../support/arbitrary-request.ts";
import { fillPath, isOffered, nameOf, prefixesOf, queryNames, registeredRoutes, sampleBody, type Things } from "../support/fill-route.ts";
import { type FurnishedTenant, furnishTenant } from "../support/furnished-tenant.ts";
import { eventually, type Gateway, startGateway } from "../support/gateway.ts";

const patienceMs = 8_000;
/** Requests under way together in one case: the gateway is to stand them all. */
const together = 8;

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly requestId: string | null;
  readonly text: string;
}

/** The cloud's test servers are slower, and parse none of it. */
const share = process.env["CARREAU_TEST_ENTRY"] === undefined ? 0.3 : 0.15;

/** Ends something for good: such routes are not to use up what the others need. */
const isFinal = ({ method, path }: Route) => method === "DELETE" || path.endsWith("/decommission");

describe("whatever is sent, the gateway answers, and never with a 5xx", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  let tenant: FurnishedTenant;
  let expendable: FurnishedTenant;
  const statuses = new Set<string>();

  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway({ env: { CARREAU_LOG_LEVEL: "error" } });
    tenant = await furnishTenant(gateway, recording.url, "fuzzed");
    expendable = await furnishTenant(gateway, recording.url, "expendable");
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  const check = (sent: string, { status, type, requestId, text }: Answer) => {
    statuses.add(`${status}`);
    const about = `${sent} → ${status} ${text.slice(0, 500)}`;
    expect(status, about).toBeLessThan(500);
    expect(requestId, about).toMatch(/^[\w.:-]{1,64}$/);
    if (status >= 400 && !sent.startsWith("HEAD ")) {
      expect(type, about).toBe("application/problem+json");
      expect(JSON.parse(text), about).toMatchObject({
        status,
        title: expect.any(String),
        type: expect.stringMatching(/^\/problems\/[a-z-]+$/),
        request_id: requestId,
      });
    }
  };

  const send = async (method: string, path: string, headers: Record<string, string>, body?: string | Uint8Array): Promise<void> => {
    const response = await fetch(gateway.url + path, {
      method,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(patienceMs),
      ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }),
    });
    const { status, headers: answered } = response;
    check(`${method} ${path.slice(0, 300)}`, {
      status,
      type: answered.get("content-type"),
      requestId: answered.get("x-request-id"),
      text: await response.text(),
    });
  };

  const keyFor = ({ access }: Route) => (access === "admin" ? gateway.adminKey : tenant.key);
  const thingsFor = (route: Route): readonly Things[] =>
    (isFinal(route) ? expendable : tenant).things.filter((things) => isOffered(route, things));

  const explore = async <T>(one: fc.Arbitrary<T>, cases: number, request: (sent: T) => Promise<void>) => {
    const many = fc.array(one, { minLength: together, maxLength: together });
    await fc.assert(
      fc.asyncProperty(many, async (all) => {
        await Promise.all(all.map(request));
      }),
      { numRuns: Math.ceil((share * cases) / together) },
    );
  };

  describe.each(registeredRoutes.map((route) => ({ route, title: nameOf(route) })))("$title", ({ route }) => {
    const prefixes = fc.constantFrom(...prefixesOf(route));

    if (route.body !== undefined) {
      it("stands any body", async () => {
        const [things] = thingsFor(route) as [Things];
        const sample = await sampleBody(route, things, recording.url);
        const path = prefixesOf(route)[0]! + fillPath(route, things);
        const headers = { authorization: `Bearer ${keyFor(route)}`, "content-type": "application/json" };
        await explore(anyBody(sample), 320, (body) => send(route.method, path, headers, body));
      });

      it("stands nesting of any depth", async () => {
        const [things] = thingsFor(route) as [Things];
        const path = prefixesOf(route)[0]! + fillPath(route, things);
        const headers = { authorization: `Bearer ${keyFor(route)}`, "content-type": "application/json" };
        // About as deep as the stack goes, as the smaller limit on bodies lets through, and as the larger does.
        for (const depth of [9, 3_000, 9_000, 30_000]) {
          await Promise.all(nestedTexts(depth).map((body) => send(route.method, path, headers, body)));
        }
      });
    }

    it("stands any header, query and path parameter", async () => {
      const [things] = thingsFor(route) as [Things];
      const sample = JSON.stringify(await sampleBody(route, things, recording.url));
      const filled = fillPath(route, things).split("/");
      const isParameter = route.path.split("/").map((segment) => segment.startsWith("{"));
      const path = fc
        .array(fc.option(anySegment, { freq: 3 }), { minLength: filled.length, maxLength: filled.length })
        .map((others) => filled.map((segment, at) => (isParameter[at] ? (others[at] ?? segment) : segment)).join("/"));
      const request = fc.tuple(prefixes, path, anyQuery(queryNames(route)), anyHeaders, fc.boolean());
      await explore(request, 160, ([prefix, path, query, headers, isHead]) =>
        send(
          isHead && route.method === "GET" ? "HEAD" : route.method,
          prefix + path + query,
          {
            authorization: `Bearer ${keyFor(route)}`,
            ...(sample === undefined ? {} : { "content-type": "application/json" }),
            ...headers,
          },
          sample,
        ),
      );
    });
  });

  it("stands paths that are no paths", async () => {
    const { hostname, port } = new URL(gateway.url);
    const target = fc.oneof(
      fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 40 }),
      fc.array(anySegment, { maxLength: 8 }).map((segments) => `/${segments.join("/")}`),
      fc.constantFrom(
        "*",
        "//",
        "/..",
        "/.%2e/admin",
        "http://elsewhere.example/analytics/events",
        "/?",
        "?",
        "#",
        "/analytics/events#x",
        "/v1/v1/analytics/events",
      ),
    );
    const method = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND");
    await explore(fc.tuple(method, target), 400, async ([method, path]) => {
      const answer = await new Promise<Answer>((resolve, reject) => {
        const headers = { authorization: `Bearer ${tenant.key}`, connection: "close" };
        const request = http.request(
          { hostname, port, method, path: path === "" ? "/" : path, headers, agent: false, timeout: patienceMs },
          (response) => {
            const { statusCode, headers } = response;
            text(response).then(
              (body) =>
                resolve({
                  status: statusCode!,
                  type: headers["content-type"] ?? null,
                  requestId: String(headers["x-request-id"]),
                  text: body,
                }),
              reject,
            );
          },
        );
        request.on("timeout", () => request.destroy(new Error(`no answer to ${method} ${path}`)));
        request.on("error", reject);
        request.end();
      });
      check(`${method} ${path}`, answer);
    });
  });

  it("has taken some of it, and delivers, counts and logs as if nothing had been", async () => {
    // Few paths and methods lead to these: the dice may have left them out.
    for (const method of ["OPTIONS", "PUT"]) {
      await send(method, "/analytics/events", {});
    }
    expect([...statuses]).toEqual(
      expect.arrayContaining(["200", "201", "202", "204", "400", "401", "404", "405", "406", "409", "413", "415", "422"]),
    );
    const { key } = await furnishTenant(gateway, recording.url, "afterwards");
    expect((await gateway.call("GET", "/analytics/events", { key })).status).toBe(200);
    await eventually(
      () => gateway.call("GET", "/analytics/events?outcome=pending&limit=1", { key }),
      ({ body }) => body.items.length === 0,
    );
    expect(gateway.log()).toBe("");
  });
});
