/** A stored tag as an `ETag` value (RFC 9110, section 8.8.3). */
export const entityTag = (etag: string): string => `"${etag}"`;

/** Whether `If-Match` lets a resource with this tag be changed; without the header anything may (RFC 9110, section 13.1.1). */
export function ifMatchAllows(header: string | undefined): (etag: string) => boolean {
  const wanted = header?.split(",").map((tag) => tag.trim());
  return (etag) => wanted === undefined || wanted.includes("*") || wanted.includes(entityTag(etag));
}

/** Whether the caller has this version already: `If-None-Match` (RFC 9110, section 13.1.2). */
export function isKnown(header: string | undefined, etag: string): boolean {
  const known = header?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
  return known.includes("*") || known.includes(entityTag(etag));
}
