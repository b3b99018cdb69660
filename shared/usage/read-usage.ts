import type { Ports } from "../ports/ports.ts";
import { queryAll } from "../ports/query-all.ts";
import { partitionsOf } from "../tenants/partition.ts";
import { type Counts, countersId, type HourCounters, hourOf } from "./hour-counters.ts";

const hourMs = 3_600_000;

/** A config's counters by hour (`2026-11-21T07`, UTC, by time of receipt); hours without events are left out. */
export interface Usage {
  /** The first and the last hour asked for. */
  readonly from: string;
  readonly to: string;
  readonly hours: ReadonlyMap<string, Counts>;
}

/**
 * Reads a config's counters from the hour of `from` to the hour of `to`, both included (milliseconds since the epoch); by
 * default the last 24 hours.
 */
export const readUsage =
  (ports: Pick<Ports, "store" | "clock">) =>
  async (
    tenant: { id: string; event_shards: number },
    configId: string,
    span: { from?: number | undefined; to?: number | undefined } = {},
  ): Promise<Usage> => {
    const toMs = span.to ?? ports.clock.now();
    const [from, to] = [span.from ?? toMs - 23 * hourMs, toMs].map((ms) => hourOf(new Date(ms).toISOString())) as [string, string];
    const hours = new Map<string, Record<string, number>>();
    for (const pk of partitionsOf(tenant.id, tenant.event_shards)) {
      const where = [
        { path: "type", op: "eq", value: "usage" },
        { path: "id", op: "gte", value: countersId(configId, from) },
        { path: "id", op: "lte", value: countersId(configId, to) },
      ] as const;
      const found = queryAll<HourCounters>(ports.store, "deliveries", pk, { where, orderBy: { path: "id", direction: "asc" } });
      for await (const { id, pk: _pk, type: _type, ...counts } of found) {
        const hour = id.slice(countersId(configId, "").length);
        const sum = hours.get(hour) ?? {};
        for (const [name, value] of Object.entries(counts)) {
          sum[name] = (sum[name] ?? 0) + Number(value);
        }
        hours.set(hour, sum);
      }
    }
    return { from, to, hours: new Map([...hours].sort(([a], [b]) => (a < b ? -1 : 1))) };
  };

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

/** Counters in the words of AnalyticsUsageMetrics (spec 7.1), with every outcome so that the sum can be checked. */
export function usageMetrics(counts: Counts) {
  const of = (name: string) => counts[name] ?? 0;
  const suppressed = Object.entries(counts).filter(([name]) => name.startsWith("suppressed_"));
  return {
    events_received: of("received"),
    events_pending: of("pending"),
    events_delivered: of("delivered") + of("accepted_unverifiable"),
    events_suppressed: Object.fromEntries(suppressed.map(([name, value]) => [name.slice("suppressed_".length), value])),
    events_failed: of("rejected") + of("dead_lettered") + of("dropped_by_provider"),
    events_expired: of("expired"),
    events_erased: of("erased"),
    bytes_sent: of("bytes_sent"),
    outcomes: Object.fromEntries(
      Object.entries(counts).filter(([name]) => name !== "received" && name !== "bytes_sent" && !name.startsWith("suppressed_")),
    ),
  };
}
