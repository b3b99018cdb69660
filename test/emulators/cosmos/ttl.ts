import type { StoredDocument } from "./documents.ts";

/**
 * Whether a document has outlived its time to live. Without a default of the container none does; -1, in the container or the document,
 * means for ever. Times to live are in seconds since the last write, `now` is in milliseconds since the epoch.
 */
export function isExpired(document: StoredDocument, defaultTtl: number | null | undefined, now: number): boolean {
  if (defaultTtl === undefined || defaultTtl === null) return false;
  const ttl = document["ttl"] ?? defaultTtl;
  return typeof ttl === "number" && ttl > 0 && now >= (document._ts + ttl) * 1000;
}

/** What a document may carry as `ttl`, in seconds. */
export const isTtl = (ttl: unknown): boolean =>
  ttl === undefined || ttl === null || (typeof ttl === "number" && Number.isInteger(ttl) && (ttl > 0 || ttl === -1));
