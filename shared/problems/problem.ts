import { type ProblemCode, problems } from "./catalogue.ts";

/** Beside the code: `extensions` are further members of the answer (RFC 9457, section 3.2), `cause` is for our log only. */
export interface ProblemOptions {
  readonly cause?: unknown;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** A refusal from the catalogue. `detail` and `extensions` reach the caller, so neither holds secrets or personal data. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly extensions: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ProblemCode, detail?: string, options: ProblemOptions = {}) {
    super(detail ?? problems[code].title, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.detail = detail;
    this.extensions = options.extensions;
  }
}
