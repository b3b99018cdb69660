import { z } from "zod";
import { type ConsentDocument, recordHash } from "./consent-record.ts";

/** What checking needs of a stored document that may hold anything by now. */
const shape = z.object({
  ttl: z.number(),
  record: z.looseObject({
    sequence: z.int(),
    decided_at: z.string(),
    kept_until: z.string(),
    previous_kept_until: z.string().nullable(),
    hash: z.string(),
  }),
  signature: z.object({ key_id: z.string(), algorithm: z.string(), value: z.string() }),
});

/** Whether a stored record is what was written under its hash; false for anything that is no record at all. */
export function isUnaltered(document: ConsentDocument): boolean {
  if (!shape.safeParse(document).success) {
    return false;
  }
  try {
    return recordHash(document.record) === document.record.hash;
  } catch {
    // Texts that no JSON has can't have been hashed by us.
    return false;
  }
}
