import type { FunctionContext, GatewayRequest, GatewayResponse } from "../ports/function-host.ts";
import type { Problem } from "../problems/problem.ts";
import type { Principal } from "../tenants/principal.ts";

export interface RequestFacts {
  readonly path: string;
  readonly request: GatewayRequest;
  readonly requestId: string;
  readonly response: GatewayResponse;
  readonly seen: { readonly principal?: Principal; readonly problem?: Problem };
  readonly durationMs: number;
}

/** One wide line per request. The path is the route's template: an actual path may hold identifiers. */
export function logRequest(context: FunctionContext, { path, request, requestId, response, seen, durationMs }: RequestFacts): void {
  const { principal, problem } = seen;
  const fields = {
    event: "request",
    request_id: requestId,
    method: request.method.slice(0, 10),
    path,
    status: response.status,
    duration_ms: Math.round(durationMs * 1000) / 1000,
    ...(principal !== undefined && principal.kind !== "admin" ? { tenant_id: principal.tenant_id, key_id: principal.key_id } : {}),
    ...(problem === undefined ? {} : { problem: problem.code }),
  };
  if (response.status < 500) {
    context.info(fields);
  } else {
    context.error({ ...fields, error: describeError(problem?.cause) });
  }
}

/** An error for our log. A SyntaxError quotes what it could not parse, so its message stays out. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) {
    return typeof error;
  }
  return error instanceof SyntaxError
    ? ["SyntaxError", ...(error.stack ?? "").split("\n    at ").slice(1)].join("\n    at ")
    : (error.stack ?? error.message);
}
