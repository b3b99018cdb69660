import { ServiceBusError } from "@azure/service-bus";
import { Problem } from "../../problems/problem.ts";

/** Whether the broker no longer knows the lock. After several tries the client throws all their errors at once; the last one counts. */
export function isLockLost(error: unknown): boolean {
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
  return last instanceof ServiceBusError && last.code === "MessageLockLost";
}

/** Whether the same call may succeed a moment later. */
export function isPassing(error: unknown): boolean {
  return error instanceof ServiceBusError && error.retryable;
}

/** What the callers of a queue get to see of an error of the client. */
export function queueUnavailable(error: unknown): Problem {
  return new Problem("store-unavailable", "a queue can't answer right now", { cause: error });
}
