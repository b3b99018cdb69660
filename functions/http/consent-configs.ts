import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { consentCategories } from "../../shared/configs/config.ts";
import { type ConsentConfig, consentStatuses, contentBytesMax } from "../../shared/consent/consent-config.ts";
import { consentConfigView, consentVersionSummary, consentVersionView } from "../../shared/consent/read-consent-configs.ts";
import type { ConsentConfigChange } from "../../shared/consent/write-consent-configs.ts";
import { entityTag, ifMatchAllows, isKnown } from "../../shared/http/entity-tag.ts";
import { decodeCursor, encodeCursor, pageOf, pagingQuery } from "../../shared/http/paging.ts";
import { type Route, type RouteResult, route } from "../../shared/http/route.ts";
import type { Stored } from "../../shared/ports/document-store.ts";
import { jsonObject } from "../../shared/problems/validate.ts";
import type { TenantPrincipal } from "../../shared/tenants/principal.ts";

const configs = "/analytics/cookie-consent/configs";
const params = z.object({ id: z.uuid() });
const versionParams = params.extend({
  version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number),
});
const read = { scope: "analytics:read" } as const;
const write = { scope: "analytics:write" } as const;

const answer = (status: number, { document, etag }: Stored<ConsentConfig>): RouteResult => ({
  status,
  body: consentConfigView(document),
  headers: { etag: entityTag(etag) },
});

interface ChangeInput {
  readonly principal: TenantPrincipal;
  readonly params: z.infer<typeof params>;
  readonly header: (name: string) => string | undefined;
}

const changeOf = ({ principal, params, header }: ChangeInput): ConsentConfigChange => ({
  tenantId: principal.tenant_id,
  id: params.id,
  mayReplace: ifMatchAllows(header("if-match")),
});

/** A tenant's consent banners: editing, publishing, and what visitors have seen when. */
export const consentConfigRoutes = (use: UseCases): Route[] => [
  route({
    method: "POST",
    path: configs,
    summary: "Make a consent config, in draft",
    access: write,
    body: { mediaTypes: ["application/json"], bytesMax: contentBytesMax, schema: jsonObject },
    problems: ["body-invalid"],
    handle: async ({ principal, body, prefix }) => {
      const stored = await use.createConsentConfig(principal.tenant_id, body);
      const made = answer(201, stored);
      return { ...made, headers: { ...made.headers, location: `${prefix}${configs}/${stored.document.id}` } };
    },
  }),
  route({
    method: "GET",
    path: configs,
    summary: "List consent configs",
    access: read,
    query: z.strictObject({ ...pagingQuery, status: z.enum(consentStatuses).optional() }),
    problems: ["cursor-invalid"],
    handle: async ({ principal, query }) => {
      const options = { limit: query.limit + 1, after: decodeCursor(query.cursor, z.string()), status: query.status };
      const found = await use.listConsentConfigs(principal.tenant_id, options);
      return {
        status: 200,
        body: pageOf(
          found.map(({ document }) => consentConfigView(document)),
          query.limit,
        ),
      };
    },
  }),
  route({
    method: "GET",
    path: `${configs}/{id}`,
    summary: "Read a consent config",
    access: read,
    params,
    problems: ["not-found"],
    handle: async ({ principal, params, header }) => {
      const stored = await use.getConsentConfig(principal.tenant_id, params.id);
      const headers = { etag: entityTag(stored.etag) };
      return isKnown(header("if-none-match"), stored.etag) ? { status: 304, headers } : answer(200, stored);
    },
  }),
  route({
    method: "PATCH",
    path: `${configs}/{id}`,
    summary: "Change a consent config by a JSON merge patch; visitors see it when it is published",
    access: write,
    params,
    body: { mediaTypes: ["application/merge-patch+json", "application/json"], bytesMax: contentBytesMax, schema: jsonObject },
    problems: ["not-found", "precondition-failed", "body-invalid", "conflict"],
    handle: async (input) => answer(200, await use.patchConsentConfig(changeOf(input), input.body)),
  }),
  route({
    method: "DELETE",
    path: `${configs}/{id}`,
    summary: "Archive a consent config for good; its versions stay readable",
    access: write,
    params,
    problems: ["not-found", "precondition-failed", "conflict"],
    handle: async (input) => answer(200, await use.archiveConsentConfig(changeOf(input))),
  }),
  route({
    method: "POST",
    path: `${configs}/{id}/publish`,
    summary: "Make the config's content its next version, and the one that visitors see",
    access: write,
    params,
    body: {
      mediaTypes: ["application/json"],
      bytesMax: contentBytesMax,
      schema: z.strictObject({
        renew: z
          .array(z.enum(consentCategories))
          .max(consentCategories.length)
          .default([])
          .describe("Categories that everybody is asked again for."),
      }),
      optional: true,
    },
    problems: ["not-found", "precondition-failed", "transition-not-allowed", "body-invalid", "conflict"],
    handle: async (input) => {
      const publication = { by: `key:${input.principal.key_id}`, renew: input.body?.renew ?? [] };
      return answer(200, await use.publishConsentConfig(changeOf(input), publication));
    },
  }),
  route({
    method: "GET",
    path: `${configs}/{id}/versions`,
    summary: "List a config's published versions, newest first",
    access: read,
    params,
    query: z.strictObject(pagingQuery),
    problems: ["not-found", "cursor-invalid"],
    handle: async ({ principal, params, query }) => {
      const options = { limit: query.limit + 1, before: decodeCursor(query.cursor, z.int().min(1)) };
      const found = await use.listConsentVersions(principal.tenant_id, params.id, options);
      const items = found.slice(0, query.limit);
      const next_cursor = found.length > query.limit ? encodeCursor(items.at(-1)!.version) : null;
      return { status: 200, body: { items: items.map(consentVersionSummary), next_cursor } };
    },
  }),
  route({
    method: "GET",
    path: `${configs}/{id}/versions/{version}`,
    summary: "Read what visitors saw of a published version",
    access: read,
    params: versionParams,
    problems: ["not-found"],
    handle: async ({ principal, params, header }) => {
      const { document, etag } = await use.getConsentVersion(principal.tenant_id, params.id, params.version);
      const headers = { etag: entityTag(etag) };
      return isKnown(header("if-none-match"), etag)
        ? { status: 304, headers }
        : { status: 200, body: consentVersionView(document), headers };
    },
  }),
];
