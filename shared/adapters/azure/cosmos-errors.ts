import { Problem } from "../../problems/problem.ts";

/** The HTTP status that Cosmos DB refused with; `undefined` when there was no answer (timeout, reset connection). */
export function statusOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown }).code;
  if (typeof code === "number") {
    return code;
  }
  // The client wraps whatever a batch met.
  const cause = (error as { cause?: unknown }).cause;
  return cause === undefined ? undefined : statusOf(cause);
}

/**
 * Whether a write may have happened although it failed: the connection broke, or the answer came from a replica that did not know.
 * The client repeats reads then, never writes (@azure/cosmos src/retry/defaultRetryPolicy).
 */
export function isOutcomeUnknown(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status === 408 || status === 503;
}

/** What the port promises when the store can't answer; programming errors (400, 413) stay what they are. */
export function asPortError(error: unknown): unknown {
  const status = statusOf(error);
  return status === 400 || status === 413 || error instanceof Problem
    ? error
    : new Problem("store-unavailable", undefined, { cause: error });
}
