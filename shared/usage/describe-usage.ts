import type { Ports } from "../ports/ports.ts";
import type { TenantShards } from "../tenants/partition.ts";
import { dayOf } from "./day-counters.ts";
import type { Counts } from "./hour-counters.ts";
import { readLastSeen } from "./last-seen.ts";
import { readUsage, total } from "./read-usage.ts";
import { usageMetrics } from "./usage-metrics.ts";
import { usageSpan } from "./usage-span.ts";

/** What a tenant asks about a config: ISO 8601 times, and how to divide what lies between. */
export interface UsageQuestion {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly bucket: "hour" | "day";
}

/** AnalyticsUsageMetrics of a config (spec 7.1), in all and by hour or day. Throws `query-invalid` for spans that are not answered. */
export const describeUsage =
  (ports: Pick<Ports, "store" | "clock">) => async (tenant: TenantShards, configId: string, question: UsageQuestion) => {
    const span = usageSpan(question, ports.clock.now());
    const [usage, lastSeen] = await Promise.all([readUsage(ports)(tenant, configId, span), readLastSeen(ports)(tenant, configId)]);
    const { from, to, hours, days } = usage;
    const buckets = question.bucket === "hour" ? hours : byDay([...days, ...hours]);
    return {
      config_id: configId,
      from: `${from}:00:00Z`,
      to: `${to}:59:59Z`,
      ...lastSeen,
      total: usageMetrics(total(buckets.values())),
      buckets: [...buckets].map(([start, counts]) => ({ start, ...usageMetrics(counts) })),
    };
  };

function byDay(counted: readonly (readonly [string, Counts])[]): Map<string, Counts> {
  const days = Map.groupBy(counted, ([time]) => dayOf(time));
  return new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, ofDay]) => [day, total(ofDay.map(([, counts]) => counts))]));
}
