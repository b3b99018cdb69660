import type { Changes, Document } from "../../ports/document-store.ts";

/** The document after the changes: fields set or removed, numbers added to. */
export function applyChanges<D extends Document>(document: D, { set = {}, increment = {} }: Changes): D {
  const changed: Record<string, unknown> = { ...document, ...set };
  for (const [field, by] of Object.entries(increment)) {
    changed[field] = ((changed[field] as number | undefined) ?? 0) + by;
  }
  return changed as unknown as D;
}
