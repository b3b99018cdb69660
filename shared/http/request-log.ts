import { type FunctionContext, type GatewayRequest, type GatewayResponse, httpMethods } from "../ports/function-host.ts";
import type { Span, Telemetry } from "../ports/telemetry.ts";
import { describeError } from "../problems/describe-error.ts";
import type { Problem } from "../problems/problem.ts";
import type { Principal } from "../tenants/principal.ts";
import { methodsOf, type Resource } from "./finish-response.ts";

/** What was learnt while a request was served. */
export interface Seen {
  readonly span: Span;
  /** What its route adds to the line. */
  readonly facts: Record<string, string | number | boolean>;
  principal?: Principal;
  problem?: Problem;
}

export interface ServedRequest {
  /** The route's template; `*` where there is none. */
  readonly path: string;
  readonly resource: Resource | undefined;
  readonly request: GatewayRequest;
  readonly requestId: string;
  readonly response: GatewayResponse;
  readonly seen: Seen;
  readonly durationMs: number;
}

/** One wide line per request. The path is the route's template: an actual path may hold identifiers. */
export function logRequest(context: FunctionContext, { path, request, requestId, response, seen, durationMs }: ServedRequest): void {
  const { span, facts, principal, problem } = seen;
  const fields = {
    event: "request",
    request_id: requestId,
    trace_id: span.traceId,
    method: request.method.slice(0, 10),
    path,
    status: response.status,
    duration_ms: Math.round(durationMs * 1000) / 1000,
    ...(principal !== undefined && principal.kind !== "admin" ? { tenant_id: principal.tenant_id, key_id: principal.key_id } : {}),
    ...(problem === undefined ? {} : { problem: problem.code }),
    ...facts,
  };
  if (response.status < 500) {
    context.info(fields);
  } else {
    context.error({ ...fields, error: describeError(problem?.cause) });
  }
}

/**
 * Counts a request by its route's template, its method if the route offers it, and its status class: whoever asks for what there isn't makes no
 * series of numbers.
 */
export function measureRequest(telemetry: Telemetry, { path, resource, request, response, durationMs }: ServedRequest): void {
  const offered = resource === undefined ? httpMethods : methodsOf(resource);
  const method = oneOf(offered, request.method);
  const status = `${Math.floor(response.status / 100)}xx`;
  telemetry.count("carreau_http_requests_total", { method, route: path, status });
  telemetry.observe("carreau_http_request_duration_seconds", { method, route: path }, durationMs / 1000);
}

/** A request's span is named by its method and route (OpenTelemetry's conventions for HTTP spans). */
export function spanName({ method }: GatewayRequest, path: string, resource: Resource | undefined): string {
  const known = oneOf(httpMethods, method);
  return [known === other ? "HTTP" : known, ...(resource === undefined ? [] : [path])].join(" ");
}

/** Ends the request's span. A 4xx is no failure of ours (OpenTelemetry's conventions for HTTP servers). */
export function finishSpan({ path, resource, request, requestId, response, seen: { span, principal, problem } }: ServedRequest): void {
  span.add({
    "http.request.method": oneOf(httpMethods, request.method),
    ...(resource === undefined ? {} : { "http.route": path }),
    "http.response.status_code": response.status,
    request_id: requestId,
    ...(principal !== undefined && principal.kind !== "admin" ? { tenant_id: principal.tenant_id } : {}),
    ...(problem === undefined ? {} : { problem: problem.code }),
  });
  span.end(response.status < 500 ? undefined : (problem?.code ?? "failed"));
}

/** What else may stand there is anybody's invention (OpenTelemetry's conventions name it so). */
const other = "_OTHER";
const oneOf = (known: readonly string[], method: string): string => (known.includes(method) ? method : other);
