import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { visitorIdSchema } from "../../shared/consent/consent-record.ts";
import { newDecision } from "../../shared/consent/record-decision.ts";
import { decodeCursor, encodeCursor, pagingQuery } from "../../shared/http/paging.ts";
import { signalsOf } from "../../shared/http/privacy-signals.ts";
import { type Route, route } from "../../shared/http/route.ts";

/** A page's own key too, and for its visitors that is all: whoever knows a visitor's id acts for that visitor. */
const access = { scope: "consent:write", siteKey: true } as const;
/** `text/plain` too: a page's beacon may send it anywhere without asking first (no CORS preflight). */
const body = { mediaTypes: ["application/json", "text/plain"], bytesMax: 16_384 };
const params = z.object({ visitor_id: visitorIdSchema });

/** What visitors decided: recording, reading, revoking, and proving that nothing of it was changed. */
export const consentRecordRoutes = (use: UseCases): Route[] => [
  route({
    method: "POST",
    path: "/consent/records",
    summary: "Record a visitor's decision; the receipt can be checked with the public keys",
    access,
    body: { ...body, schema: newDecision },
    problems: ["body-invalid", "conflict"],
    handle: async ({ principal, body, header, prefix }) => {
      const made = await use.recordDecision(principal.tenant_id, body, {
        signals: signalsOf(header),
        recordedBy: principal.kind,
      });
      const location = `${prefix}/consent/records/${encodeURIComponent(made.record.visitor_id)}`;
      return { status: 201, body: made, headers: { location } };
    },
  }),
  route({
    method: "GET",
    path: "/consent/records/{visitor_id}",
    summary: "Read a visitor's decisions: the newest with a site key, all of them, newest first, with an API key",
    access,
    params,
    query: z.strictObject(pagingQuery),
    problems: ["not-found", "cursor-invalid"],
    handle: async ({ principal, params, query }) => {
      const before = decodeCursor(query.cursor, z.int().min(1).max(9_999_999_999));
      if (principal.kind === "site") {
        return { status: 200, body: await use.readConsent(principal.tenant_id, params.visitor_id) };
      }
      const found = await use.listConsent(principal.tenant_id, params.visitor_id, query.limit + 1, before);
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      const next_cursor = found.length > query.limit && last !== undefined ? encodeCursor(last.record.sequence) : null;
      return { status: 200, body: { items, next_cursor } };
    },
  }),
  route({
    method: "POST",
    path: "/consent/records/{visitor_id}/revoke",
    summary: "Take consent back, for some categories or for all but the necessary one",
    access,
    params,
    body: { ...body, schema: z.strictObject({ categories: z.array(z.string().max(64)).min(1).max(50).optional() }), optional: true },
    problems: ["not-found", "body-invalid", "conflict"],
    handle: async ({ principal, params, body, header }) => ({
      status: 201,
      body: await use.revokeConsent(principal.tenant_id, params.visitor_id, (body as { categories?: string[] } | undefined)?.categories, {
        signals: signalsOf(header),
        recordedBy: principal.kind,
      }),
    }),
  }),
  route({
    method: "GET",
    path: "/consent/records/{visitor_id}/chain",
    summary: "Check a visitor's records: that none was changed, removed or added by somebody else",
    access: { scope: "consent:write" },
    params,
    problems: ["not-found"],
    handle: async ({ principal, params }) => ({ status: 200, body: await use.verifyChain(principal.tenant_id, params.visitor_id) }),
  }),
];
