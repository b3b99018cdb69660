import { z } from "zod";
import type { ProblemCode } from "./catalogue.ts";
import { Problem } from "./problem.ts";

/** One thing wrong with a document: where (a JSON pointer, RFC 6901) and what. Values are never repeated. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

const errorsMax = 20;

/** Any JSON object, kept as it is. A record schema says the same, but copies every field. */
export const jsonObject = z.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "an object",
);

/** What `schema` makes of `value`; a `Problem` of the given code that names every wrong field otherwise. */
export function validate<S extends z.ZodType>(schema: S, value: unknown, code: ProblemCode, base = ""): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return parsed.data;
  }
  throw invalid(code, fieldErrors(parsed.error, base));
}

/** The problem of one or more wrong fields; `pointer` and `detail` are those of the first. */
export function invalid(code: ProblemCode, errors: readonly FieldError[]): Problem {
  const [first] = errors;
  return new Problem(code, first && `${first.pointer === "" ? "the document" : first.pointer}: ${first.detail}`, {
    extensions: { pointer: first?.pointer ?? "", errors: errors.slice(0, errorsMax) },
  });
}

/** Zod's issues as field errors; an unknown field is named by its own pointer. */
export function fieldErrors(error: z.ZodError, base = ""): FieldError[] {
  return error.issues.flatMap((issue) => {
    const at = base + issue.path.map((segment) => pointerTo(String(segment))).join("");
    return issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ pointer: at + pointerTo(key), detail: "unknown field" }))
      : [{ pointer: at, detail: issue.message }];
  });
}

/** The pointer to a member of a document (RFC 6901, section 3). Long names are cut: an answer is not the place to send a body back. */
export function pointerTo(name: string): string {
  return `/${name.slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
