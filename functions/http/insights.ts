import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type Route, route } from "../../shared/http/route.ts";
import { flagsRequest } from "../../shared/insights/flags.ts";
import { funnelRequest } from "../../shared/insights/funnel.ts";
import { requireProvider } from "./config-requests.ts";

const access = { scope: "analytics:read" } as const;
const params = z.object({ provider: z.string() });
const mediaTypes = ["application/json"];
const problems = ["unknown-provider", "not-found", "conflict", "feature-disabled", "config-incomplete", "body-invalid"] as const;

/** What a tenant's own provider can be asked through its config. */
export const insightRoutes = (use: UseCases): Route[] => [
  route({
    method: "POST",
    path: "/analytics/{provider}/flags",
    summary:
      "Evaluate feature flags for visitors, by the provider; whatever becomes of it, the answer has a value lately known or the default",
    access,
    params,
    body: { mediaTypes, bytesMax: 1_048_576, schema: flagsRequest },
    problems,
    handle: async ({ principal, params, body }) => ({
      status: 200,
      body: await use.evaluateFlags(principal.tenant_id, requireProvider(params.provider), body),
    }),
  }),
  route({
    method: "POST",
    path: "/analytics/{provider}/funnels",
    summary: "Read a funnel as the provider computes it from the events it has",
    access,
    params,
    body: { mediaTypes, bytesMax: 65_536, schema: funnelRequest },
    problems: [...problems, "provider-refused", "provider-unavailable"],
    handle: async ({ principal, params, body }) => ({
      status: 200,
      body: await use.readFunnel(principal.tenant_id, requireProvider(params.provider), body),
    }),
  }),
];
