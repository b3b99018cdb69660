import type { AttemptResult } from "./attempt-result.ts";
import type { Observation } from "./breaker.ts";

/** A provider says "later" with these (RFC 9110, section 15.6.4; RFC 6585, section 4). */
const askingStatuses = [429, 503];

/** Whether the provider refused the credentials of a request, rather than to count this visitor. */
export const isRefused = ({ attempt, verdict }: AttemptResult): boolean =>
  (attempt?.status === 401 || attempt?.status === 403) && verdict.verdict !== "dropped_by_provider";

/** For how long the provider asked to be left alone, if it did. */
export const askedWaitMs = ({ attempt, retryAfterMs }: Pick<AttemptResult, "attempt" | "retryAfterMs">): number | undefined =>
  askingStatuses.includes(attempt?.status ?? 0) ? retryAfterMs : undefined;

/**
 * What a message's results say about its config. A refusal of one event among others that were taken is that event's own.
 * @param secrets pointers to the references of the secrets that were sent
 */
export function observeResults(results: readonly AttemptResult[], secrets: readonly string[]): Observation {
  const tried = results.filter(({ attempt }) => attempt !== undefined);
  const waits = tried.flatMap((result) => askedWaitMs(result) ?? []);
  const hasWorked = tried.some(worked);
  if (waits.length > 0) {
    return { kind: "asked-to-wait", waitMs: Math.max(...waits), reason: "the provider asked to wait (Retry-After)", hasWorked };
  }
  if (hasWorked) {
    return { kind: "worked" };
  }
  const refusal = tried.find(isRefused);
  if (refusal !== undefined && secrets.length > 0) {
    return { kind: "refused", reason: `${secrets.join(", ")}: the provider refuses this credential (status ${refusal.attempt!.status})` };
  }
  const failure = refusal ?? tried.find(({ verdict }) => verdict.verdict === "retry");
  return failure === undefined ? { kind: "nothing" } : { kind: "failed", reason: `the provider does not take events: ${saidBy(failure)}` };
}

/** The provider took it, or had something to say against this very event. */
function worked(result: AttemptResult): boolean {
  return result.attempt?.status !== undefined && result.verdict.verdict !== "retry" && !isRefused(result);
}

function saidBy({ attempt, verdict }: AttemptResult): string {
  return verdict.verdict === "retry" ? verdict.reason : `status ${attempt?.status}`;
}
