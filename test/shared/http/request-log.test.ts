import { beforeEach, describe, expect, it } from "vitest";
import { route } from "../../../shared/http/route.ts";
import { serveRoutes } from "../../../shared/http/serve-routes.ts";
import type { FunctionContext, FunctionHost, GatewayRequest, HttpFunction } from "../../../shared/ports/function-host.ts";
import { noTelemetry, type SpanFacts, type Telemetry } from "../../../shared/ports/telemetry.ts";

describe("what is said about a request", () => {
  const functions = new Map<string, HttpFunction>();
  const host: FunctionHost = {
    http: (_, one) => void functions.set(one.route, one),
    serviceBusQueue: () => {},
    timer: () => {},
  };
  let lines: object[];
  let spans: { name: string; facts: SpanFacts; failure: string | undefined }[];
  let counted: object[];
  beforeEach(() => {
    lines = [];
    spans = [];
    counted = [];
    const telemetry: Telemetry = {
      ...noTelemetry,
      span: (name) => {
        const seen = { name, facts: {}, failure: undefined as string | undefined };
        spans.push(seen);
        return {
          traceId: "1".repeat(32),
          traceparent: "",
          add: (facts) => void Object.assign(seen.facts, facts),
          end: (failure) => {
            seen.failure = failure;
          },
        };
      },
      count: (name, labels) => void counted.push({ name, ...labels }),
    };
    const things = { path: "/things/{id}", summary: "", access: "public" } as const;
    const routes = [
      route({ ...things, method: "GET", handle: async () => ({ status: 200, body: {} }) }),
      route({ ...things, method: "DELETE", handle: () => Promise.reject(new Error("out of order")) }),
    ];
    serveRoutes(host, routes, { authenticate: () => Promise.reject(new Error()), trustedProxyHops: 0, now: () => 0, telemetry });
  });

  const ask = (method: string, template: string, headers: Record<string, string> = {}) => {
    const write = (fields: object) => void lines.push(fields);
    const context: FunctionContext = { invocationId: "i1", info: write, warn: write, error: write };
    const request: GatewayRequest = {
      method,
      url: "http://a.example/",
      headers: new Headers(headers),
      query: new URLSearchParams(),
      params: { id: "member-4711" },
      body: null,
    };
    return functions.get(template)!.handler(request, context);
  };

  it("names its span by method and route, and by the method alone where there is no route", async () => {
    await ask("GET", "things/{id}");
    await ask("GET", "{*path}");
    await ask("BREW", "things/{id}");
    expect(spans.map(({ name, facts }) => [name, facts["http.request.method"], facts["http.route"]])).toEqual([
      ["GET /things/{id}", "GET", "/things/{id}"],
      ["GET", "GET", undefined],
      ["HTTP /things/{id}", "_OTHER", "/things/{id}"],
    ]);
  });

  it("ends its span as failed when the failure is ours", async () => {
    await ask("DELETE", "things/{id}");
    await ask("PUT", "things/{id}");
    expect(spans.map(({ failure }) => failure)).toEqual(["internal-error", undefined]);
  });

  it("counts by the methods that its route offers, and any other as one", async () => {
    for (const method of ["GET", "HEAD", "DELETE", "OPTIONS", "PUT", "PATCH", "BREW"]) {
      await ask(method, "things/{id}");
    }
    const methods = counted.map((one) => (one as { method: string }).method);
    expect(methods).toEqual(["GET", "HEAD", "DELETE", "OPTIONS", "_OTHER", "_OTHER", "_OTHER"]);
  });

  it("has a request id of ours in answer, line and span, whatever the caller's was", async () => {
    const { headers } = await ask("GET", "things/{id}", { "x-request-id": "203.0.113.9" });
    expect(headers["x-request-id"]).toBe("i1");
    expect(lines).toMatchObject([{ request_id: "i1" }]);
    expect(JSON.stringify([lines, spans])).not.toMatch(/203\.0|4711/);
  });
});
