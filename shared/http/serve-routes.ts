import { z } from "zod";
import { type FunctionContext, type FunctionHost, type GatewayRequest, type GatewayResponse, httpMethods } from "../ports/function-host.ts";
import { noTelemetry, type Telemetry } from "../ports/telemetry.ts";
import { Problem } from "../problems/problem.ts";
import { invalid, pointerTo, validate } from "../problems/validate.ts";
import type { Access, CredentialClaim, Principal } from "../tenants/principal.ts";
import { clientAddress } from "./client-address.ts";
import { allowOf, finishResponse, methodsOf, type Resource } from "./finish-response.ts";
import { requireAcceptable, requireMediaType } from "./negotiate.ts";
import { problemResponse } from "./problem-response.ts";
import { readJson } from "./read-body.ts";
import { finishSpan, logRequest, measureRequest, type Seen, spanName } from "./request-log.ts";
import type { Route, RouteInput, RouteResult } from "./route.ts";

export interface ServingOptions {
  /** Throws the problem that refuses the credential; the route's own access rule is passed along. */
  readonly authenticate: (claim: CredentialClaim, access: Exclude<Access, "public">) => Promise<Principal>;
  readonly trustedProxyHops: number;
  /** The header in which our edge says which country a visitor is in; without one nobody knows. */
  readonly countryHeader?: string | undefined;
  readonly now: () => number;
  /** Without it nobody watches. */
  readonly telemetry?: Telemetry;
}

/**
 * Registers one function per path (and one for its `/v1` twin), named after the path; each answers every method, so that 405,
 * HEAD and OPTIONS are right on both hosts. Whatever has no route ends in `not-found`.
 */
export function serveRoutes(host: FunctionHost, routes: readonly Route[], options: ServingOptions): void {
  const byPath = Map.groupBy(routes, (route) => route.path);
  for (const [path, ofPath] of byPath) {
    const resource: Resource = new Map(ofPath.map((route) => [route.method, route]));
    const under = (prefix: "" | "/v1") => (request: GatewayRequest, context: FunctionContext) =>
      serve({ resource, path, prefix }, request, context, options);
    const versions = ofPath[0]!.versions ?? "both";
    if (versions !== "only-v1") {
      host.http(functionName(path), { methods: [...httpMethods], authLevel: "anonymous", route: path.slice(1), handler: under("") });
    }
    if (versions !== "unversioned") {
      host.http(`v1-${functionName(path)}`, {
        methods: [...httpMethods],
        authLevel: "anonymous",
        route: `v1${path}`,
        handler: under("/v1"),
      });
    }
  }
  const nothing = (request: GatewayRequest, context: FunctionContext) =>
    serve({ resource: undefined, path: "*", prefix: "" }, request, context, options);
  host.http("not-found", { methods: [...httpMethods], authLevel: "anonymous", route: "{*path}", handler: nothing });
}

/**
 * `/analytics/{provider}/events` → `analytics-z-provider-events`; `/` → `root`. With its parameters after every word, the order of the names is
 * that of the paths, the most specific first (docs/azure.md).
 */
function functionName(path: string): string {
  return path.replaceAll("{", "z-").replace(/[}*]/g, "").split(/[/.]/).filter(Boolean).join("-") || "root";
}

/** What is served: the resource, its path template, and the version prefix it was called under. */
interface Served {
  readonly resource: Resource | undefined;
  readonly path: string;
  readonly prefix: "" | "/v1";
}

async function serve(served: Served, request: GatewayRequest, context: FunctionContext, options: ServingOptions): Promise<GatewayResponse> {
  const startedAt = options.now();
  const { path, resource } = served;
  // Never the caller's own: it would stand in our lines, and may be an address or somebody's name.
  const requestId = context.invocationId;
  const { telemetry = noTelemetry } = options;
  const parent = context.traceparent ?? request.headers.get("traceparent");
  const span = telemetry.span(spanName(request, path, resource), { kind: "server", parent });
  const seen: Seen = { span, facts: {} };
  let response: GatewayResponse;
  try {
    response = await answer(served, request, context, requestId, options, seen);
  } catch (error) {
    seen.problem = error instanceof Problem ? error : new Problem("internal-error", undefined, { cause: error });
    response = problemResponse(seen.problem, requestId);
  }
  const facts = { path, resource, request, requestId, response, seen, durationMs: options.now() - startedAt };
  logRequest(context, facts);
  measureRequest(telemetry, facts);
  finishSpan(facts);
  return finishResponse(response, resource, request, requestId);
}

async function answer(
  { resource, prefix }: Served,
  request: GatewayRequest,
  context: FunctionContext,
  requestId: string,
  options: ServingOptions,
  seen: Seen,
): Promise<GatewayResponse> {
  if (resource === undefined) {
    throw new Problem("not-found", "no resource has this path");
  }
  if (request.method === "OPTIONS") {
    return { status: 204, headers: { allow: allowOf(resource) } };
  }
  const route = resource.get(request.method === "HEAD" ? "GET" : request.method);
  if (route === undefined) {
    throw new Problem("method-not-allowed", undefined, { extensions: { allowed: methodsOf(resource) } });
  }
  const address = clientAddress(request, options.trustedProxyHops);
  if (route.access !== "public") {
    seen.principal = await options.authenticate(
      {
        authorization: request.headers.get("authorization"),
        queryKey: request.query.get("key"),
        origin: request.headers.get("origin"),
        clientAddress: address,
      },
      route.access,
    );
  }
  if (route.method !== "GET") {
    // Before anything is changed: a request that was refused must not have had its effect.
    requireAcceptable(request, "application/json");
  }
  const result = await route.handle({
    principal: seen.principal,
    params: route.params === undefined ? {} : validate(route.params, request.params, "not-found"),
    query: readQuery(route, request),
    body: await readBody(route, request),
    header: (name) => request.headers.get(name) ?? undefined,
    clientAddress: address,
    countryHeader: options.countryHeader,
    prefix,
    requestId,
    traceparent: seen.span.traceparent,
    note: (facts) => void Object.assign(seen.facts, facts),
    context,
  } as RouteInput<Access, never, never, never>);
  return toResponse(result, request);
}

const noQuery = z.strictObject({});

function readQuery(route: Route, request: GatewayRequest): unknown {
  const values = new Map<string, string>();
  for (const [name, value] of request.query) {
    if (values.has(name)) {
      throw invalid("query-invalid", [{ pointer: pointerTo(name), detail: "given twice" }]);
    }
    values.set(name, value);
  }
  if (typeof route.access === "object" && route.access.siteKey === true) {
    values.delete("key");
  }
  return validate(route.query ?? noQuery, Object.fromEntries(values), "query-invalid");
}

async function readBody({ body }: Route, request: GatewayRequest): Promise<unknown> {
  if (body === undefined) {
    return undefined;
  }
  const hasNone = request.body === null || request.headers.get("content-length") === "0";
  if (hasNone && body.optional === true) {
    return undefined;
  }
  requireMediaType(request, body.mediaTypes);
  const value = await readJson(request, body.bytesMax);
  if (value === undefined) {
    throw new Problem("body-malformed", "the body is empty");
  }
  return validate(body.schema, value, "body-invalid");
}

function toResponse({ status, body, headers = {} }: RouteResult, request: GatewayRequest): GatewayResponse {
  if (body === undefined) {
    return { status, headers };
  }
  if (typeof body === "string") {
    return { status, headers, body };
  }
  requireAcceptable(request, "application/json");
  return { status, headers: { "content-type": "application/json", "cache-control": "no-store", ...headers }, body: JSON.stringify(body) };
}
