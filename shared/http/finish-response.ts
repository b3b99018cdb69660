import type { GatewayRequest, GatewayResponse } from "../ports/function-host.ts";
import type { Route } from "./route.ts";

/** Everything served under one path, by method. */
export type Resource = ReadonlyMap<string, Route>;

/** Adds what every response has; drops the body of an answer to HEAD. */
export function finishResponse(
  response: GatewayResponse,
  resource: Resource | undefined,
  request: GatewayRequest,
  requestId: string,
): GatewayResponse {
  const headers: Record<string, string> = { ...response.headers, "x-request-id": requestId, "x-content-type-options": "nosniff" };
  if (request.headers.get("origin") !== null && resource !== undefined && isForBrowsers(resource)) {
    // No credentials mode: the key is in the header or the query, never in a cookie.
    headers["access-control-allow-origin"] = "*";
    headers["access-control-expose-headers"] = "x-request-id, retry-after";
    if (request.method === "OPTIONS") {
      headers["access-control-allow-methods"] = allowOf(resource);
      headers["access-control-allow-headers"] = "authorization, content-type, content-encoding, idempotency-key";
      headers["access-control-max-age"] = "86400";
    }
  }
  return request.method === "HEAD" || response.body === undefined
    ? { status: response.status, headers }
    : { status: response.status, headers, body: response.body };
}

function isForBrowsers(resource: Resource): boolean {
  return [...resource.values()].some(({ access }) => access === "public" || (typeof access === "object" && access.siteKey === true));
}

/** The methods that a resource answers to. */
export function methodsOf(resource: Resource): string[] {
  const methods = [...resource.keys()];
  return [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
}

/** The methods of a resource as `Allow` lists them (RFC 9110, section 10.2.1). */
export const allowOf = (resource: Resource): string => methodsOf(resource).join(", ");
