/** A place in a trace (W3C Trace Context): 32 and 16 hex digits, and whether somebody records the trace. */
export interface TracePlace {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Reads a `traceparent`; `undefined` for what the standard says to ignore (section 3.2). Later versions may append to it. */
export function parseTraceparent(text: string | null | undefined): TracePlace | undefined {
  const [, version, traceId, spanId, flags, more] = form.exec(text ?? "") ?? [];
  const isWrong = version === undefined || version === "ff" || (version === "00" && more !== undefined);
  if (isWrong || /^0+$/.test(traceId!) || /^0+$/.test(spanId!)) {
    return undefined;
  }
  return { traceId: traceId!, spanId: spanId!, sampled: (Number.parseInt(flags!, 16) & 1) === 1 };
}

/** Writes a `traceparent` of version 00. */
export const formatTraceparent = ({ traceId, spanId, sampled }: TracePlace): string => `00-${traceId}-${spanId}-0${sampled ? 1 : 0}`;

/** What a message of ours says about where it comes from. Absent in messages that the sweeper makes anew. */
export interface TracedMessage {
  readonly traceparent?: string;
  /** The other recorded traces whose events travel along. */
  readonly trace_links?: readonly string[];
}

/** The trace of a message that nobody has parsed yet, for a line about its failure. */
export function traceIdOf(message: unknown): string | undefined {
  const traceparent = typeof message === "object" && message !== null && "traceparent" in message ? message.traceparent : undefined;
  return typeof traceparent === "string" ? parseTraceparent(traceparent)?.traceId : undefined;
}

/**
 * Where a message comes from whose events came with several requests: one trace goes on, recorded ones first, and the other recorded
 * ones are linked.
 */
export function joinTraces(traceparents: Iterable<string | undefined>): TracedMessage {
  const [first, ...others] = new Set(traceparents);
  if (others.length === 0) {
    return first === undefined ? {} : { traceparent: first };
  }
  const known = [first, ...others].filter((traceparent) => traceparent !== undefined);
  const [recorded, ...trace_links] = known.filter((traceparent) => parseTraceparent(traceparent)?.sampled === true);
  const traceparent = recorded ?? known[0];
  return { ...(traceparent === undefined ? {} : { traceparent }), ...(trace_links.length === 0 ? {} : { trace_links }) };
}
