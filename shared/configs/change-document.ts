import type { Document, Stored, WriteFailure } from "../ports/document-store.ts";
import { Problem } from "../problems/problem.ts";

const triesMax = 10;

/** How a document is read, changed and written back. */
export interface DocumentChange<D extends Document> {
  readonly read: () => Promise<Stored<D>>;
  /** Decides on the current tag: `If-Match`. */
  readonly mayReplace: (etag: string) => boolean;
  /** The changed document; the very one that came in when there is nothing to change. */
  readonly edit: (document: D) => D | Promise<D>;
  readonly write: (edited: D, current: Stored<D>) => Promise<Stored<D> | WriteFailure>;
}

/**
 * Reads, changes and writes back; starts over when somebody else wrote in between, unless the caller's `If-Match` forbids it. Throws
 * `precondition-failed` then, and `conflict` when others never stop.
 */
export async function changeDocument<D extends Document>({ read, mayReplace, edit, write }: DocumentChange<D>): Promise<Stored<D>> {
  for (let tries = 0; tries < triesMax; tries++) {
    const current = await read();
    requireMatch(mayReplace, current.etag);
    const edited = await edit(current.document);
    if (edited === current.document) {
      return current;
    }
    const written = await write(edited, current);
    if (typeof written === "object") {
      return written;
    }
  }
  throw new Problem("conflict", "others keep changing this config; try again");
}

/** Throws `precondition-failed` unless the caller's `If-Match` lets the version with this tag be changed. */
export function requireMatch(mayReplace: (etag: string) => boolean, etag: string): void {
  if (!mayReplace(etag)) {
    throw new Problem("precondition-failed", "the config has another ETag by now");
  }
}
