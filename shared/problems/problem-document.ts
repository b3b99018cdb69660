import { problems, problemType } from "./catalogue.ts";
import type { Problem } from "./problem.ts";

/** The media type of problem documents (RFC 9457, section 3). */
export const problemMediaType = "application/problem+json";

/** A problem as the caller sees it: RFC 9457 members, our `code`, and the extensions of this occurrence. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly [extension: string]: unknown;
}

/** The public half of a problem; its cause stays out. */
export function problemDocument(problem: Problem): ProblemDocument {
  const { status, title } = problems[problem.code];
  return {
    type: problemType(problem.code),
    title,
    status,
    code: problem.code,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    ...problem.extensions,
  };
}
