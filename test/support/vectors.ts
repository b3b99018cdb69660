import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DeliverableEvent } from "../../shared/events/event.ts";

export interface VectorRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** One test vector; `conventions` in the fixture file says what each part means. */
export interface Vector {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly gateway_event: object | readonly object[];
  readonly provider_request: VectorRequest;
  readonly forbidden?: readonly string[];
  readonly expect: {
    readonly outcome: string;
    readonly response: { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown };
    readonly items?: readonly { readonly index: number; readonly outcome: string }[];
  };
}

/** A provider's vectors from test/fixtures. */
export function vectorsOf(provider: string): readonly Vector[] {
  const file = join(import.meta.dirname, "../fixtures", `${provider}.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] }).vectors;
}

/** The vector's events as they reach a mapping: intake drops what is null. */
export function eventsOf({ gateway_event }: Vector): DeliverableEvent[] {
  const events = Array.isArray(gateway_event) ? gateway_event : [gateway_event];
  return events.map((event: object, index) => {
    const given = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null));
    return { id: `event-${index}`, received_at: "2026-03-01T10:00:00.000Z", ...given } as DeliverableEvent;
  });
}

/** Outcome classes of the vectors in the words of `Verdict`. */
export const verdictOf: Readonly<Record<string, string>> = {
  delivered: "delivered",
  accepted_unverified: "accepted_unverifiable",
  dropped: "dropped_by_provider",
  permanent_failure: "rejected",
  retryable_failure: "retry",
  split_and_retry: "split",
};
