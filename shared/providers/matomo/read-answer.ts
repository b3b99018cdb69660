import type { ProviderAnswer, ProviderRequest, Verdict } from "../definition.ts";
import { type BatchAnswer, parseBatchAnswer } from "./batch-answer.ts";

/**
 * Reads the answer for each event of a batch. A wrong token and an unknown website get 200 as well, with their events under `invalid`
 * (plugins/BulkTracking/Tracker/Handler.php).
 */
export function readAnswer({ status, body }: ProviderAnswer, request: ProviderRequest): Verdict[] {
  const events = request.events.length;
  const all = (verdict: Verdict) => request.events.map(() => verdict);
  if (status === 413) {
    return all(events > 1 ? { verdict: "split" } : { verdict: "rejected", reason: "status 413; the event is too large" });
  }
  if (status < 200 || status >= 300) {
    return all(failed(status));
  }
  const answer = parseBatchAnswer(body);
  if (answer === undefined) {
    return all(notABatch(status, body));
  }
  return answer.status === "error" ? all(nothingRecorded) : verdictsOf(answer, request);
}

const nothingRecorded: Verdict = { verdict: "retry", reason: "the server recorded nothing" };
const invalid: Verdict = {
  verdict: "rejected",
  reason: "the server takes it for invalid: it has no such website, or the token may not write to it",
};

/**
 * Of a batch of which some were recorded and nothing says which, none may be sent again: they would count twice. It is rare, since
 * what makes an event invalid (website, token) is the same for all.
 */
function verdictsOf({ tracked, invalid: invalids, invalid_indices }: BatchAnswer, { events }: ProviderRequest): Verdict[] {
  if (invalids >= events.length) {
    return events.map(() => invalid);
  }
  if (tracked === 0) {
    return events.map(() => nothingRecorded);
  }
  const isWhole = tracked + invalids >= events.length;
  const known = invalids === 0 ? [] : invalid_indices;
  const other: Verdict = isWhole && known !== undefined ? { verdict: "delivered" } : { verdict: "accepted_unverifiable" };
  return events.map((_, at) => (known?.includes(at) ? invalid : other));
}

/** With the plugin BulkTracking switched off, a server answers with a page about itself; in debug mode, with its log. */
function notABatch(status: number, body: string): Verdict {
  if (status === 204 || /^\s*Debug enabled/.test(body)) {
    return { verdict: "accepted_unverifiable" };
  }
  return {
    verdict: "rejected",
    reason: body.includes("This resource is part of Matomo")
      ? "the server takes no batches: its plugin BulkTracking is switched off"
      : "the answer is not this provider's; wrong instance_url",
  };
}

/** 503 is also said while the server's operator has switched recording off. */
function failed(status: number): Verdict {
  if (status === 408 || status === 429 || status >= 500) {
    return { verdict: "retry", reason: `status ${status}` };
  }
  const hints: Record<number, string> = {
    400: "; it has no such website, or a value it does not take",
    401: "; something before the server wants a password",
    403: "; something before the server, or its guard against guessed tokens, refuses us",
    404: "; wrong instance_url",
    405: "; wrong instance_url",
  };
  return {
    verdict: "rejected",
    reason: status < 400 ? `redirects are not followed (status ${status})` : `status ${status}${hints[status] ?? ""}`,
  };
}
