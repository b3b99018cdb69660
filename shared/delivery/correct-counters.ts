import { isDeepStrictEqual } from "node:util";
import { v7 as uuid } from "uuid";
import type { Document } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { booksOf, type Counts, countersId, countsOf, type HourCounters } from "../usage/hour-counters.ts";
import { recountHours } from "./recount-hours.ts";

const hourMs = 3_600_000;
const triesMax = 3;

/** That the counters of an hour and partition were wrong and were put right: made with the repair, never changed. Only what the books consist of. */
export interface Correction extends Document {
  readonly type: "correction";
  readonly config_id: string;
  readonly hour: string;
  readonly before: Counts;
  readonly after: Counts;
  readonly at: string;
}

/** A correction that nobody may have been told of yet: made with it, and gone once it is announced. */
export interface Alarm extends Omit<Correction, "type"> {
  readonly type: "alarm";
}

/** `contended`: outcomes of the hour keep changing, so that nothing can be said of it yet. */
export type Finding = "right" | "contended" | "corrected";

/**
 * Compares the counters of a config's hour in a partition with the delivery documents, and where they differ writes the right ones together with
 * a correction. Nothing needs to hold still meanwhile: outcomes never change without the counters (ADR 2), so as long as those are the version that was
 * read before the recount, the recount is of exactly that version. Otherwise nothing is written. Whoever repairs may die before it has said so: what is
to be announced is written too.
 */
export async function correctCounters(
  { store, clock }: Pick<Ports, "store" | "clock">,
  pk: string,
  configId: string,
  hour: string,
): Promise<Finding> {
  const id = countersId(configId, hour);
  const from = Date.parse(`${hour}:00:00.000Z`);
  for (let tries = 0; tries < triesMax; tries++) {
    const stored = await store.get<HourCounters>("deliveries", pk, id);
    const after = booksOf((await recountHours(store, pk, from, from + hourMs)).get(id) ?? {});
    const before = booksOf(countsOf(stored?.document ?? {}));
    if (isDeepStrictEqual(before, after)) {
      return "right";
    }
    const at = new Date(clock.now()).toISOString();
    const facts = { pk, config_id: configId, hour, before, after, at };
    const name = uuid();
    const correction: Correction = { id: `correction:${name}`, type: "correction", ...facts };
    const alarm: Alarm = { id: `alarm:${name}`, type: "alarm", ...facts };
    const document = corrected(stored?.document ?? { id, pk, type: "usage" }, after);
    const result = await store.batch("deliveries", pk, [
      stored === undefined ? { type: "create", document } : { type: "replace", document, etag: stored.etag },
      { type: "create", document: correction },
      { type: "create", document: alarm },
    ]);
    if (result.applied) {
      return "corrected";
    }
  }
  return "contended";
}

/** What is no part of the books is kept: bytes, times, earlier corrections. */
function corrected(document: HourCounters, after: Counts): HourCounters {
  const wrong = booksOf(countsOf(document));
  const kept = Object.entries(document).filter(([name]) => wrong[name] === undefined);
  const { id, pk, type } = document;
  return { ...Object.fromEntries(kept), id, pk, type, ...after, corrections: Number(document["corrections"] ?? 0) + 1 };
}
