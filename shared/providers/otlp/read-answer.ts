import type { ProviderAnswer, ProviderRequest, Verdict } from "../definition.ts";

/** Reads the answer (docs/specification.md of opentelemetry-proto): only the four statuses that it calls retryable are retried. */
export function readAnswer(answer: ProviderAnswer, request: ProviderRequest): Verdict[] {
  const { status, body } = answer;
  if (status >= 200 && status < 300) {
    return taken(rejectedRecords(body), request.events.length);
  }
  const verdict = failed(status, request.events.length);
  return request.events.map(() => verdict);
}

/**
 * A partial success must not be sent again, and does not say which records were refused: as many events as that count as dropped,
 * so that the books are right, and none of the others is claimed to be there.
 */
function taken(rejected: number | undefined, events: number): Verdict[] {
  const dropped: Verdict = {
    verdict: "dropped_by_provider",
    reason: `${rejected} of the request's ${events} records were refused; the provider does not say which`,
  };
  const others: Verdict = rejected === 0 ? { verdict: "delivered" } : { verdict: "accepted_unverifiable" };
  return Array.from({ length: events }, (_, at) => (at < (rejected ?? 0) ? dropped : others));
}

/** Of an answer that says yes; `undefined` when it does not say it in words that can be read. Success may have no body at all. */
function rejectedRecords(body: string): number | undefined {
  if (body.trim() === "") {
    return 0;
  }
  try {
    const parsed = JSON.parse(body) as { partialSuccess?: { rejectedLogRecords?: unknown } | null } | null;
    if (typeof parsed !== "object" || parsed === null) {
      return undefined;
    }
    // 64-bit integers come as text; some servers send a number.
    const count = parsed.partialSuccess?.rejectedLogRecords ?? 0;
    return /^\d{1,19}$/.test(String(count)) ? Number(count) : undefined;
  } catch {
    return undefined;
  }
}

const hints: Readonly<Record<number, string>> = {
  400: "; a record it does not take, or one too old for it",
  401: "; it does not take the authorization",
  403: "; it does not take the authorization",
  404: "; wrong endpoint: the base without /v1/logs",
  405: "; wrong endpoint",
  415: "; it takes no JSON",
};

function failed(status: number, events: number): Verdict {
  if (status === 413) {
    return events > 1 ? { verdict: "split" } : { verdict: "rejected", reason: "status 413; the record is too large" };
  }
  if ([429, 502, 503, 504].includes(status)) {
    return { verdict: "retry", reason: `status ${status}` };
  }
  // A body may be protobuf although JSON was sent: it is not read.
  return {
    verdict: "rejected",
    reason: status >= 300 && status < 400 ? `redirects are not followed (status ${status})` : `status ${status}${hints[status] ?? ""}`,
  };
}
