import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type Route, route } from "../../shared/http/route.ts";
import { dateTime } from "../../shared/problems/date-time.ts";
import { tenantOf } from "../../shared/tenants/principal.ts";
import { requireProvider } from "./config-requests.ts";

/** A config's numbers by hour or day (spec 7.1), from the counters that keep the books. */
export const usageRoutes = (use: UseCases): Route[] => [
  route({
    method: "GET",
    path: "/analytics/{provider}/configs/{id}/usage",
    summary: "Read a config's usage by hour (up to 31 days) or by day (up to 400); by default the last 24 hours",
    access: { scope: "analytics:read" },
    params: z.object({ provider: z.string(), id: z.string().min(1).max(64) }),
    query: z.strictObject({ from: dateTime.optional(), to: dateTime.optional(), bucket: z.enum(["hour", "day"]).default("hour") }),
    problems: ["unknown-provider", "not-found", "span-not-allowed"],
    handle: async ({ principal, params, query }) => {
      const { document } = await use.getConfig(principal.tenant_id, requireProvider(params.provider).slug, params.id);
      return { status: 200, body: await use.describeUsage(tenantOf(principal), document.id, query) };
    },
  }),
];
