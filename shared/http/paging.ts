import { z } from "zod";
import { Problem } from "../problems/problem.ts";

/** The query parameters of every paged list (spec 2.1). */
export const pagingQuery = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, "a number from 1 to 100")
    .transform(Number)
    .pipe(z.number().min(1).max(100))
    .default(50),
  cursor: z.string().min(1).max(400).optional(),
};

/** A position as an opaque cursor. */
export const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString("base64url");

/** The position of a cursor that `encodeCursor` made. It names a place in the caller's own list, so a forged one reaches nothing more. */
export function decodeCursor<S extends z.ZodType>(cursor: string | undefined, schema: S): z.infer<S> | undefined {
  if (cursor === undefined) {
    return undefined;
  }
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    throw new Problem("cursor-invalid", undefined, { extensions: { pointer: "/cursor" } });
  }
}

/** A page of a list whose positions are ids: one more than `limit` was read, to know whether there is a next page. */
export function pageOf<T extends { readonly id: string }>(
  items: readonly T[],
  limit: number,
): { items: readonly T[]; next_cursor: string | null } {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, next_cursor: items.length > limit && last !== undefined ? encodeCursor(last.id) : null };
}
