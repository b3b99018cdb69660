import type { LabelsOf, NameOf } from "./instruments.ts";

/** Facts about a span: ids, counts and words of ours. Never personal data, secrets, IP addresses or URLs. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** Something that is being done, at its place in a trace. */
export interface Span {
  /** 32 hex digits, for log lines; there whether or not anybody records the trace. */
  readonly traceId: string;
  /** W3C `traceparent` for what is done because of it. */
  readonly traceparent: string;
  add(facts: SpanFacts): void;
  /** @param failure why it failed, in words of ours */
  end(failure?: string): void;
}

export interface SpanStart {
  /** `server` and `consumer` begin with something that came in, `client` waits for somebody else. */
  readonly kind: "server" | "consumer" | "client";
  /** The `traceparent` that it goes on from; one that is malformed or absent begins a trace. */
  readonly parent?: string | null | undefined;
  readonly links?: readonly string[] | undefined;
  readonly facts?: SpanFacts;
}

/** What the gateway says about itself while it works: traces and numbers. Nothing here fails or waits. */
export interface Telemetry {
  span(name: string, start: SpanStart): Span;
  count<N extends NameOf<"counter">>(name: N, labels: LabelsOf<N>, by?: number): void;
  observe<N extends NameOf<"histogram">>(name: N, labels: LabelsOf<N>, seconds: number): void;
  set<N extends NameOf<"gauge">>(name: N, labels: LabelsOf<N>, value: number): void;
}

const unseen: Span = { traceId: "0".repeat(32), traceparent: "", add: () => {}, end: () => {} };

/** For a gateway that nobody watches. */
export const noTelemetry: Telemetry = { span: () => unseen, count: () => {}, observe: () => {}, set: () => {} };

/** Does something in a span of its own, which ends with it; a failure is told by its kind only. */
export async function inSpan<T>(telemetry: Telemetry, name: string, start: SpanStart, work: (span: Span) => Promise<T>): Promise<T> {
  const span = telemetry.span(name, start);
  try {
    const result = await work(span);
    span.end();
    return result;
  } catch (error) {
    span.end(error instanceof Error ? error.name : typeof error);
    throw error;
  }
}
