import type { AttemptResult } from "./attempt-result.ts";
import { askedWaitMs } from "./observe-results.ts";

/** So many requests that failed for now, and none that did not: the others of the message would fail too. */
const failuresMax = 8;
/** Nothing more of a message begins after it has been in work this long. */
const messageMs = 60_000;

/** How a message in work goes: whether its next request may begin. */
export interface Course {
  /** What is not begun yet is to be put off. */
  isOver(now: number): boolean;
  /** Hears of what became of one request. */
  hear(results: readonly AttemptResult[]): void;
}

/**
 * The course of a message that is in work since now. The provider's wish to be left alone ends it, and so do its time, and failures without
 * a success.
 */
export function newCourse(now: number): Course {
  let failures = 0;
  let others = 0;
  let isAskedToWait = false;
  return {
    isOver: (at) => isAskedToWait || at > now + messageMs || (others === 0 && failures >= failuresMax),
    hear(results) {
      isAskedToWait ||= results.some((result) => askedWaitMs(result) !== undefined);
      const isFailure = results.every(({ verdict }) => verdict.verdict === "retry");
      failures += isFailure ? 1 : 0;
      others += isFailure ? 0 : 1;
    },
  };
}
