import type { Document } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { queryAll } from "../ports/query-all.ts";
import { partitionsOf, type TenantShards } from "../tenants/partition.ts";
import { dayCountersId, dayOf, firstDayOfHours } from "./day-counters.ts";
import { type Counts, countersId, countsOf, hourOf } from "./hour-counters.ts";

const hourMs = 3_600_000;

/** A config's counters by hour (`2026-11-21T07`, UTC, by time of receipt); hours without events are left out. */
export interface Usage {
  /** The first and the last hour asked for. */
  readonly from: string;
  readonly to: string;
  readonly hours: ReadonlyMap<string, Counts>;
  /** By day (`2026-11-21`), what was counted in hours of it that are kept no longer: beside those in `hours`. */
  readonly days: ReadonlyMap<string, Counts>;
}

/**
 * Reads a config's counters from the hour of `from` to the hour of `to`, both included (milliseconds since the epoch); by
 * default the last 24 hours. Of days so old that their hours are added up, the whole day is read.
 */
export const readUsage =
  (ports: Pick<Ports, "store" | "clock">) =>
  async (tenant: TenantShards, configId: string, span: { from?: number | undefined; to?: number | undefined } = {}): Promise<Usage> => {
    const now = ports.clock.now();
    const toMs = span.to ?? now;
    const [from, to] = [span.from ?? toMs - 23 * hourMs, toMs].map((ms) => hourOf(new Date(ms).toISOString())) as [string, string];
    const partitions = partitionsOf(tenant.id, tenant.event_shards);
    const hours = await sumUp(ports, partitions, "usage", (hour) => countersId(configId, hour), from, to);
    const isOld = dayOf(from) < firstDayOfHours(now);
    const days = isOld
      ? await sumUp(ports, partitions, "usage_day", (day) => dayCountersId(configId, day), dayOf(from), dayOf(to))
      : new Map();
    return { from, to, hours, days };
  };

/** The counters of a span in all partitions, added up by what their ids end with, in order. */
async function sumUp(
  { store }: Pick<Ports, "store">,
  partitions: readonly string[],
  type: "usage" | "usage_day",
  idOf: (time: string) => string,
  from: string,
  to: string,
): Promise<Map<string, Counts>> {
  const found = await Promise.all(partitions.map((pk) => collect(store, pk, type, idOf(from), idOf(to))));
  const times = Map.groupBy(found.flat(), ({ id }) => id.slice(idOf("").length));
  const sums = [...times].map(([time, documents]) => [time, total(documents.map(countsOf))] as const);
  return new Map(sums.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function collect(store: Ports["store"], pk: string, type: string, from: string, to: string): Promise<Document[]> {
  const where = [
    { path: "type", op: "eq", value: type },
    { path: "id", op: "gte", value: from },
    { path: "id", op: "lte", value: to },
  ] as const;
  const found: Document[] = [];
  for await (const document of queryAll<Document>(store, "deliveries", pk, { where, orderBy: { path: "id", direction: "asc" } })) {
    found.push(document);
  }
  return found;
}

/** The sum of counters. */
export function total(counts: Iterable<Counts>): Counts {
  const sum: Record<string, number> = {};
  for (const one of counts) {
    for (const [name, value] of Object.entries(one)) {
      sum[name] = (sum[name] ?? 0) + value;
    }
  }
  return sum;
}
