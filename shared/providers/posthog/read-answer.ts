import type { ProviderAnswer, ProviderRequest, Verdict } from "../definition.ts";

/**
 * Reads the answer, which is one for all events of the request (rust/capture/src/api.rs). A token that nobody has gets 200 too,
 * as does an event that is thrown away later: no answer tells.
 */
export function readAnswer(answer: ProviderAnswer, request: ProviderRequest): Verdict[] {
  const verdict = verdictOf(answer, request.events.length);
  return request.events.map(() => verdict);
}

function verdictOf({ status, body }: ProviderAnswer, events: number): Verdict {
  if (status >= 200 && status < 300) {
    return isOverQuota(body)
      ? { verdict: "dropped_by_provider", reason: "the project is over its plan's quota" }
      : { verdict: "delivered" };
  }
  if (status === 413) {
    return events > 1 ? { verdict: "split" } : { verdict: "rejected", reason: "status 413; the event is too large" };
  }
  // A limit of the plan or of the rate; both pass.
  if (status === 408 || status === 429 || status >= 500) {
    return { verdict: "retry", reason: `status ${status}` };
  }
  const hints: Record<number, string> = {
    401: "; it does not take the project token",
    403: "; it does not take the project token",
    404: "; wrong host or base path",
    405: "; wrong host or base path",
  };
  return {
    verdict: "rejected",
    reason: status < 400 ? `redirects are not followed (status ${status})` : `status ${status}${hints[status] ?? ""}`,
  };
}

/** `quota_limited` names what of the plan is used up; other things than events may be. */
function isOverQuota(body: string): boolean {
  try {
    const { quota_limited } = (JSON.parse(body) ?? {}) as { quota_limited?: unknown };
    return Array.isArray(quota_limited) && quota_limited.includes("events");
  } catch {
    return false;
  }
}
