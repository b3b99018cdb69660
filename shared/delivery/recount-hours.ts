import { firstIdAt } from "../events/event-id.ts";
import type { DocumentStore } from "../ports/document-store.ts";
import { queryAll } from "../ports/query-all.ts";
import { type Counts, count, countersId, hourOf } from "../usage/hour-counters.ts";
import type { Delivery } from "./delivery.ts";

/** Ids hold the time of receipt; those given before they did so exactly are off by how far a clock was set back meanwhile. */
const slackMs = 60_000;
/** A delivery may be large: of 50 events with all their attempts. */
const pageSize = 100;

/** What the counters of whole hours should say, by their ids. Zeros are left out. */
export type Recount = ReadonlyMap<string, Counts>;

/**
 * Counts a partition's events and their outcomes anew from the delivery documents, received from `from` on and before `to`
 * (milliseconds since the epoch, both at full hours). Reads page by page and keeps only the sums.
 */
export async function recountHours(store: Pick<DocumentStore, "query">, pk: string, from: number, to: number): Promise<Recount> {
  const sums = new Map<string, Record<string, number>>();
  const query = {
    where: [
      { path: "type", op: "eq", value: "delivery" },
      { path: "id", op: "gte", value: firstIdAt(from - slackMs) },
      { path: "id", op: "lt", value: firstIdAt(to + slackMs) },
    ],
    orderBy: { path: "id", direction: "asc" },
  } as const;
  for await (const delivery of queryAll<Delivery>(store, "deliveries", pk, query, pageSize)) {
    const receivedAt = Date.parse(delivery.received_at);
    if (receivedAt < from || receivedAt >= to) {
      continue;
    }
    const id = countersId(delivery.config_id, hourOf(delivery.received_at));
    const sum = sums.get(id) ?? { received: 0 };
    for (const { outcome, reason } of Object.values(delivery.events)) {
      sum["received"]!++;
      count(sum, outcome, reason, 1);
    }
    sums.set(id, sum);
  }
  return sums;
}
