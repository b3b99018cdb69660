import type { Params } from "./params.ts";

/** Measurement Protocol reference, limitations. The body must stay under 130 kB. */
const eventsMax = 25;
const bodyBytesMax = 129_999;
/** For what stands around head and events: names, brackets, the time. */
const frameBytes = 64;

/** An event in GA4's words: what a whole request says about its visitor, and what is the event's own. */
export interface Hit {
  readonly head: Readonly<Record<string, unknown>>;
  readonly timestampMicros: number;
  readonly name: string;
  readonly params: Params;
}

/** The body of one request and the events in it. */
export interface Group {
  readonly body: string;
  readonly events: readonly number[];
}

interface OpenGroup {
  readonly hits: { readonly index: number; readonly hit: Hit }[];
  bytes: number;
}

/**
 * Puts events together whose requests say the same about the visitor, in their order, within the limits; `alone` keeps each by
 * itself. An event that is too large even alone is in no group.
 */
export function groupByVisitor(
  hits: readonly { readonly index: number; readonly hit: Hit }[],
  alone: boolean,
): { groups: Group[]; tooLarge: number[] } {
  const groups: OpenGroup[] = [];
  const tooLarge: number[] = [];
  const openByHead = new Map<string, OpenGroup>();
  for (const entry of hits) {
    const head = JSON.stringify(entry.hit.head);
    const bytes = Buffer.byteLength(JSON.stringify(timed(entry.hit))) + 1;
    const headBytes = Buffer.byteLength(head) + frameBytes;
    const open = alone ? undefined : openByHead.get(head);
    if (headBytes + bytes > bodyBytesMax) {
      tooLarge.push(entry.index);
    } else if (open !== undefined && open.hits.length < eventsMax && open.bytes + bytes <= bodyBytesMax) {
      open.hits.push(entry);
      open.bytes += bytes;
    } else {
      const group = { hits: [entry], bytes: headBytes + bytes };
      groups.push(group);
      openByHead.set(head, group);
    }
  }
  return { groups: groups.map((group) => ({ body: bodyOf(group), events: group.hits.map(({ index }) => index) })), tooLarge };
}

/** One event's time is the request's. */
function bodyOf({ hits }: OpenGroup): string {
  const { head, timestampMicros, name, params } = hits[0]!.hit;
  return JSON.stringify(
    hits.length === 1
      ? { ...head, timestamp_micros: timestampMicros, events: [{ name, params }] }
      : { ...head, events: hits.map(({ hit }) => timed(hit)) },
  );
}

const timed = ({ name, params, timestampMicros }: Hit) => ({ name, params, timestamp_micros: timestampMicros });
