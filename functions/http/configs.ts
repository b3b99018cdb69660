import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { publicView } from "../../shared/configs/config.ts";
import { filterSchema } from "../../shared/configs/filter.ts";
import { statuses } from "../../shared/configs/lifecycle.ts";
import { entityTag, isKnown } from "../../shared/http/entity-tag.ts";
import { decodeCursor, pageOf, pagingQuery } from "../../shared/http/paging.ts";
import { type Route, route } from "../../shared/http/route.ts";
import { jsonObject } from "../../shared/problems/validate.ts";
import { tenantOf } from "../../shared/tenants/principal.ts";
import { answer, bytesMax, changeOf, forceQuery, params, problems, requireProvider, write } from "./config-requests.ts";

const read = { scope: "analytics:read" } as const;

/** A tenant's configs of any registered provider, and their lifecycle. */
export const configRoutes = (use: UseCases): Route[] => [
  route({
    method: "POST",
    path: "/analytics/{provider}/configs",
    summary: "Make a config, in draft",
    access: write,
    params: params.omit({ id: true }),
    body: { mediaTypes: ["application/json"], bytesMax, schema: jsonObject },
    problems: ["unknown-provider", "body-invalid", "secret-in-reference", "reference-invalid", "target-not-allowed"],
    handle: async ({ principal, params, body, prefix }) => {
      const stored = await use.createConfig(principal.tenant_id, requireProvider(params.provider), body);
      const made = answer(201, stored);
      const location = `${prefix}/analytics/${params.provider}/configs/${stored.document.id}`;
      return { ...made, headers: { ...made.headers, location } };
    },
  }),
  route({
    method: "GET",
    path: "/analytics/{provider}/configs",
    summary: "List configs",
    access: read,
    params: params.omit({ id: true }),
    query: z.strictObject({ ...pagingQuery, status: z.enum(statuses).optional() }),
    problems: ["unknown-provider"],
    handle: async ({ principal, params, query }) => {
      const { slug } = requireProvider(params.provider);
      const options = { limit: query.limit + 1, after: decodeCursor(query.cursor, z.string()), status: query.status };
      const found = await use.listConfigs(principal.tenant_id, slug, options);
      return {
        status: 200,
        body: pageOf(
          found.map(({ document }) => publicView(document)),
          query.limit,
        ),
      };
    },
  }),
  route({
    method: "GET",
    path: "/analytics/{provider}/configs/{id}",
    summary: "Read a config",
    access: read,
    params,
    problems,
    handle: async ({ principal, params, header }) => {
      const stored = await use.getConfig(principal.tenant_id, requireProvider(params.provider).slug, params.id);
      if (isKnown(header("if-none-match"), stored.etag)) {
        return { status: 304, headers: { etag: entityTag(stored.etag) } };
      }
      const { total, last_event_at, last_error } = await use.describeUsage(tenantOf(principal), params.id, { bucket: "hour" });
      const { body, ...answered } = answer(200, stored);
      return { ...answered, body: { ...(body as object), usage: { window_hours: 24, ...total, last_event_at, last_error } } };
    },
  }),
  route({
    method: "PATCH",
    path: "/analytics/{provider}/configs/{id}",
    summary: "Change a config by a JSON merge patch",
    access: write,
    params,
    query: forceQuery,
    body: { mediaTypes: ["application/merge-patch+json", "application/json"], bytesMax, schema: jsonObject },
    problems: [...problems, "precondition-failed", "transition-not-allowed", "verification-failed", "body-invalid", "conflict"],
    handle: async (input) => answer(200, await use.patchConfig({ ...changeOf(input), force: input.query.force }, input.body)),
  }),
  route({
    method: "DELETE",
    path: "/analytics/{provider}/configs/{id}",
    summary: "Decommission a config; its document stays as a tombstone",
    access: write,
    params,
    problems: [...problems, "precondition-failed"],
    handle: async (input) => answer(200, await use.transitionConfig(changeOf(input), "decommissioned")),
  }),
  route({
    method: "POST",
    path: "/analytics/{provider}/configs/{id}/filter/preview",
    summary: "Try a filter (the body's, or else the config's) on the tenant's newest events: which would be kept out, and by which rule",
    access: { scope: "analytics:read" },
    params,
    body: {
      mediaTypes: ["application/json"],
      bytesMax,
      schema: z.strictObject({ filter: filterSchema.optional(), count: z.int().min(1).max(1000).default(100) }),
    },
    problems: [...problems, "body-invalid"],
    handle: async ({ principal, params, body }) => {
      const { document } = await use.getConfig(principal.tenant_id, requireProvider(params.provider).slug, params.id);
      return { status: 200, body: await use.previewFilter(tenantOf(principal), body.filter ?? document.filter ?? {}, body.count) };
    },
  }),
];
