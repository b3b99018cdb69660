import { createHash, randomInt } from "node:crypto";
import { stringify, v7 } from "uuid";

/** A batch has at most 50 events: their places fit in the last byte of an id. */
const placeDigits = 2;

/** Of the newest id: where two are of one millisecond, the sequence tells which came first (RFC 9562, section 6.2). */
let newest = { msecs: -1, seq: 0 };

/**
 * The id of a batch: a UUIDv7 (RFC 9562, section 5.7) whose last byte is 0. It holds the time of receipt to the millisecond, also where
 * the clock was set back, so that whoever looks for a span of time finds in a range of ids exactly what was received in it.
 */
export function newBatchId(receivedAt: number): string {
  const msecs = Math.floor(receivedAt);
  // Half of the sequence's 32 bits are left to count on from where it begins.
  newest = { msecs, seq: msecs === newest.msecs ? newest.seq + 1 : randomInt(2 ** 31) };
  return `${v7(newest).slice(0, -placeDigits)}00`;
}

/** The smallest id of a batch received at a time (milliseconds since the epoch) or later. */
export function firstIdAt(ms: number): string {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

/** The id of an event without an idempotency key: its batch's, with its place (from 0) in the last byte. Whoever knows it knows the batch. */
export const idInBatch = (batchId: string, place: number): string =>
  `${batchId.slice(0, -placeDigits)}${(place + 1).toString(16).padStart(placeDigits, "0")}`;

/** The batch whose contents hold an event; `undefined` for an event with an idempotency key, which has a document of its own. */
export const batchOf = (eventId: string): string | undefined => (eventId[14] === "7" ? `${eventId.slice(0, -placeDigits)}00` : undefined);

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
