import { type FunctionContext, type GatewayRequest, type GatewayResponse, httpMethods } from "../ports/function-host.ts";
import type { Span, Telemetry } from "../ports/telemetry.ts";
import type { Problem } from "../problems/problem.ts";
import type { Principal } from "../tenants/principal.ts";

/** What was learnt while a request was served. */
export interface Seen {
  readonly span: Span;
  /** What its route adds to the line. */
  readonly facts: Record<string, string | number | boolean>;
  principal?: Principal;
  problem?: Problem;
}

export interface ServedRequest {
  readonly path: string;
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

/** Counts a request by its route's template, a method that we know, and its status class. */
export function measureRequest(telemetry: Telemetry, { path, request, response, durationMs }: ServedRequest): void {
  const method = knownMethod(request);
  const status = `${Math.floor(response.status / 100)}xx`;
  telemetry.count("carreau_http_requests_total", { method, route: path, status });
  telemetry.observe("carreau_http_request_duration_seconds", { method, route: path }, durationMs / 1000);
}

/** Ends the request's span. A 4xx is no failure of ours (OpenTelemetry's conventions for HTTP servers). */
export function finishSpan({ path, request, requestId, response, seen: { span, principal, problem } }: ServedRequest): void {
  span.add({
    "http.request.method": knownMethod(request),
    "http.route": path,
    "http.response.status_code": response.status,
    request_id: requestId,
    ...(principal !== undefined && principal.kind !== "admin" ? { tenant_id: principal.tenant_id } : {}),
    ...(problem === undefined ? {} : { problem: problem.code }),
  });
  span.end(response.status < 500 ? undefined : (problem?.code ?? "failed"));
}

/** What else may stand there is anybody's invention (OpenTelemetry's conventions name it so). */
const knownMethod = ({ method }: GatewayRequest): string => (httpMethods.some((known) => known === method) ? method : "_OTHER");

/** An error for our log. A SyntaxError quotes what it could not parse, so its message stays out. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) {
    return typeof error;
  }
  return error instanceof SyntaxError
    ? ["SyntaxError", ...(error.stack ?? "").split("\n    at ").slice(1)].join("\n    at ")
    : (error.stack ?? error.message);
}
