import { createHash, randomFillSync } from "node:crypto";
import { stringify, v7 } from "uuid";

const idBytes = 16;
/** Random bytes for many ids at once: drawn one by one they are most of an id's cost. */
const pool = new Uint8Array(256 * idBytes);
let used = pool.length;

/** The id of an event without an idempotency key: a UUIDv7 (RFC 9562, section 5.7), so ids sort by their millisecond. */
export function newEventId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += idBytes;
  return v7({ random: pool.subarray(used - idBytes, used) });
}

/**
 * The id of an event with an idempotency key: a UUIDv8 (RFC 9562, section 5.8) from tenant, key and generation, so that the
 * event document itself is the idempotency record.
 * @param generation 0, and one more each time the key is used again after its 7 days
 */
export function idFromKey(tenantId: string, idempotencyKey: string, generation: number): string {
  const bytes = createHash("sha256")
    .update(JSON.stringify([tenantId, idempotencyKey, generation]))
    .digest()
    .subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return stringify(bytes);
}

/** A hash of what was posted, the same for the same content whatever the order of its fields. */
export function contentHash(content: unknown): string {
  return createHash("sha256").update(canonical(content)).digest("base64url");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined && field !== null);
    const sorted = fields.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${sorted.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
