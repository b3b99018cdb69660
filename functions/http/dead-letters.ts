import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { decodeCursor, encodeCursor, pagingQuery } from "../../shared/http/paging.ts";
import { type Route, route } from "../../shared/http/route.ts";
import { dateTime } from "../../shared/problems/date-time.ts";
import { Problem } from "../../shared/problems/problem.ts";
import { invalid } from "../../shared/problems/validate.ts";
import { perSecondDefault } from "../../shared/resends/resend.ts";
import { tenantOf } from "../../shared/tenants/principal.ts";

const configId = z.uuid();
const reason = z.string().min(1).max(500);
const pace = {
  dry_run: z.boolean().default(false).describe("Counts only."),
  per_second: z.number().min(1).max(10_000).default(perSecondDefault).describe("Events a second that are sent at most, on average."),
};

const redelivery = z
  .strictObject({
    event_ids: z.array(z.uuid()).min(1).max(1000).optional(),
    config_id: configId.optional(),
    reason: reason.optional(),
    since: dateTime.optional().describe("Set aside at this time or later."),
    until: dateTime.optional().describe("Set aside before this time."),
    all: z.literal(true).optional().describe("Needed where nothing else says which."),
    ...pace,
  })
  .refine(({ dry_run: _dry, per_second: _pace, ...selectors }) => Object.values(selectors).some((value) => value !== undefined), {
    error: "say which: by event_ids, config_id, reason, since or until, or `all`: true",
  });

const replay = z.strictObject({
  config_id: configId,
  since: dateTime.describe("Received at this time or later."),
  until: dateTime.describe("Received before this time, and before this request."),
  event_names: z.array(z.string().min(1).max(200)).min(1).max(100).optional(),
  again: z.boolean().default(false).describe("Also what was delivered: the provider may count it a second time."),
  ...pace,
});

const body = <S extends z.ZodType>(schema: S) => ({ mediaTypes: ["application/json"], bytesMax: 65_536, schema });
const params = z.object({ id: z.uuid() });
/** Deliveries are named by their batch and their config. */
const position = z.strictObject({
  dead_at: z.number(),
  id: z.string().regex(/^[\da-f-]{36}:[\da-f-]{36}$/),
  skip: z.int().min(0).optional(),
});

/** What could not be delivered, and sending it, or anything stored, again (spec 5.8). */
export const deadLetterRoutes = (use: UseCases): Route[] => [
  route({
    method: "GET",
    path: "/analytics/dead-letters",
    summary: "List events that could not be delivered, newest first; a page may be short, or empty, while it has a `next_cursor`",
    access: { scope: "analytics:read" },
    query: z.strictObject({
      ...pagingQuery,
      config_id: configId.optional(),
      reason: reason.optional(),
      since: dateTime.optional(),
      until: dateTime.optional(),
    }),
    problems: ["cursor-invalid"],
    handle: async ({ principal, query }) => {
      const { items, next } = await use.listDeadLetters(tenantOf(principal), {
        limit: query.limit,
        configId: query.config_id,
        reason: query.reason,
        since: toMs(query.since),
        until: toMs(query.until),
        after: decodeCursor(query.cursor, position),
      });
      return { status: 200, body: { items, next_cursor: next === undefined ? null : encodeCursor(next) } };
    },
  }),
  route({
    method: "POST",
    path: "/analytics/dead-letters/redeliver",
    summary: "Send dead letters again",
    access: { scope: "analytics:write" },
    body: body(redelivery),
    problems: ["resend-running"],
    handle: async ({ principal, body, prefix, traceparent }) => {
      requireSpan(body);
      const made = await use.requestResend(tenantOf(principal), { type: "redelivery", request: body }, traceparent);
      return { status: 202, body: made, headers: { location: `${prefix}/analytics/redeliveries/${made.id}` } };
    },
  }),
  route({
    method: "GET",
    path: "/analytics/redeliveries/{id}",
    summary: "How far a redelivery has come",
    access: { scope: "analytics:read" },
    params,
    problems: ["not-found"],
    handle: async ({ principal, params }) => ({ status: 200, body: await use.readResend(tenantOf(principal), "redelivery", params.id) }),
  }),
  route({
    method: "POST",
    path: "/analytics/replays",
    summary: "Send stored events of a span of time to a config",
    access: { scope: "analytics:write" },
    body: body(replay),
    problems: ["not-found", "resend-running"],
    handle: async ({ principal, body, prefix, traceparent }) => {
      requireSpan(body);
      const tenant = tenantOf(principal);
      if ((await use.providerOfConfig(tenant.id, body.config_id)) === undefined) {
        throw new Problem("not-found", "no config has this id", { extensions: { pointer: "/config_id" } });
      }
      const made = await use.requestResend(tenant, { type: "replay", request: body }, traceparent);
      return { status: 202, body: made, headers: { location: `${prefix}/analytics/replays/${made.id}` } };
    },
  }),
  route({
    method: "GET",
    path: "/analytics/replays/{id}",
    summary: "How far a replay has come",
    access: { scope: "analytics:read" },
    params,
    problems: ["not-found"],
    handle: async ({ principal, params }) => ({ status: 200, body: await use.readResend(tenantOf(principal), "replay", params.id) }),
  }),
];

const toMs = (iso: string | undefined): number | undefined => (iso === undefined ? undefined : Date.parse(iso));

function requireSpan({ since, until }: { readonly since?: string | undefined; readonly until?: string | undefined }): void {
  if (since !== undefined && until !== undefined && Date.parse(since) >= Date.parse(until)) {
    throw invalid("body-invalid", [{ pointer: "/since", detail: "before `until`" }]);
  }
}
