import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type Route, route } from "../../shared/http/route.ts";
import { invalid } from "../../shared/problems/validate.ts";
import { tenantOf } from "../../shared/tenants/principal.ts";
import type { Counts } from "../../shared/usage/hour-counters.ts";
import { total, usageMetrics } from "../../shared/usage/read-usage.ts";
import { requireProvider } from "./config-requests.ts";

const time = z.iso.datetime({ offset: true }).optional();

/** A config's numbers by hour or day (spec 7.1), from the counters that keep the books. */
export const usageRoutes = (use: UseCases): Route[] => [
  route({
    method: "GET",
    path: "/analytics/{provider}/configs/{id}/usage",
    summary: "Read a config's usage; by default the last 24 hours",
    access: { scope: "analytics:read" },
    params: z.object({ provider: z.string(), id: z.string().min(1).max(64) }),
    query: z.strictObject({ from: time, to: time, bucket: z.enum(["hour", "day"]).default("hour") }),
    problems: ["unknown-provider", "not-found"],
    handle: async ({ principal, params, query }) => {
      const config = await use.getConfig(principal.tenant_id, requireProvider(params.provider).slug, params.id);
      const span = { from: toMs(query.from), to: toMs(query.to) };
      if (span.from !== undefined && (span.to ?? Number.POSITIVE_INFINITY) - span.from < 0) {
        throw invalid("query-invalid", [{ pointer: "/from", detail: "before `to`" }]);
      }
      const { from, to, hours } = await use.readUsage(tenantOf(principal), config.document.id, span);
      const buckets = query.bucket === "hour" ? hours : byDay(hours);
      return {
        status: 200,
        body: {
          config_id: config.document.id,
          from: `${from}:00:00Z`,
          to: `${to}:59:59Z`,
          total: usageMetrics(total(hours.values())),
          buckets: [...buckets].map(([start, counts]) => ({ start, ...usageMetrics(counts) })),
        },
      };
    },
  }),
];

const toMs = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));

function byDay(hours: ReadonlyMap<string, Counts>): Map<string, Counts> {
  const days = Map.groupBy(hours, ([hour]) => hour.slice(0, 10));
  return new Map([...days].map(([day, ofDay]) => [day, total(ofDay.map(([, counts]) => counts))]));
}
