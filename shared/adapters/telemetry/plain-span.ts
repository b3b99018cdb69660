import { randomFillSync } from "node:crypto";
import type { Span, SpanStart } from "../../ports/telemetry.ts";
import { formatTraceparent, parseTraceparent } from "../../ports/traceparent.ts";

const pool = Buffer.alloc(8_192);
let used = pool.length;

/** Random bytes as hex digits, drawn in bulk: an id costs a tenth of a call for it. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}

const nothing = (): void => {};

/**
 * A span that nobody records: it has its place in the trace, so that log lines can be matched. A decision to record goes on from message to message;
 * that of a request's caller does not count here either.
 */
export function plainSpan({ kind, parent }: Pick<SpanStart, "kind" | "parent">): Span {
  const from = parseTraceparent(parent);
  const traceId = from?.traceId ?? randomHex(16);
  const traceparent = formatTraceparent({ traceId, spanId: randomHex(8), sampled: kind !== "server" && from?.sampled === true });
  return { traceId, traceparent, add: nothing, end: nothing };
}
