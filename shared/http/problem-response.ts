import type { GatewayResponse } from "../ports/function-host.ts";
import { problems } from "../problems/catalogue.ts";
import type { Problem } from "../problems/problem.ts";
import { problemDocument, problemMediaType } from "../problems/problem-document.ts";

/** A problem as a response, with what its status demands: `Allow`, `Retry-After`, `WWW-Authenticate`. */
export function problemResponse(problem: Problem, requestId: string): GatewayResponse {
  const headers: Record<string, string> = { "content-type": problemMediaType, "cache-control": "no-store" };
  const { allowed, retry_after_seconds: retryAfter } = problem.extensions ?? {};
  const { status, retry } = problems[problem.code];
  if (status === 405) {
    headers["allow"] = (allowed as string[]).join(", ");
  }
  if (status === 401) {
    // RFC 6750, section 3.
    headers["www-authenticate"] = problem.code === "credentials-missing" ? "Bearer" : 'Bearer error="invalid_token"';
  }
  if (retry) {
    headers["retry-after"] = String(retryAfter ?? 5);
  }
  return { status, headers, body: JSON.stringify({ ...problemDocument(problem), request_id: requestId }) };
}
