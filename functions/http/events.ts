import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import type { AcceptResult } from "../../shared/events/accept-events.ts";
import { decodeCursor, encodeCursor, pagingQuery } from "../../shared/http/paging.ts";
import { signalsOf } from "../../shared/http/privacy-signals.ts";
import { type LineFacts, type Route, type RouteResult, route } from "../../shared/http/route.ts";
import type { problems } from "../../shared/problems/catalogue.ts";
import { dateTime } from "../../shared/problems/date-time.ts";
import { Problem } from "../../shared/problems/problem.ts";
import { invalid, jsonObject } from "../../shared/problems/validate.ts";
import type { TenantPrincipal } from "../../shared/tenants/principal.ts";
import { tenantOf } from "../../shared/tenants/principal.ts";
import { outcomes } from "../../shared/usage/hour-counters.ts";
import { requireProvider } from "./config-requests.ts";

const eventsMax = 1000;

/** `text/plain` too: a page's beacon may send it anywhere without asking first (no CORS preflight). */
const body = { mediaTypes: ["application/json", "text/plain"], bytesMax: 1_048_576, schema: jsonObject };
const access = { scope: "events:write", siteKey: true } as const;
const refusals = ["event-invalid", "event-too-large", "events-all-rejected", "too-many-events", "idempotency-conflict"] as const;

interface EventsInput {
  readonly principal: TenantPrincipal;
  readonly body: Record<string, unknown>;
  readonly header: (name: string) => string | undefined;
  readonly clientAddress: string | undefined;
  readonly traceparent: string;
  readonly note: (facts: LineFacts) => void;
}

/** Posting events, and looking up what became of them. */
export const eventRoutes = (use: UseCases): Route[] => {
  const accept = async ({ principal, body, header, clientAddress, traceparent, note }: EventsInput, provider?: string) => {
    const result = await use.acceptEvents(tenantOf(principal), itemsOf(body), {
      tenantId: principal.tenant_id,
      provider,
      keyKind: principal.kind,
      clientAddress,
      traceparent,
      userAgent: header("user-agent"),
      signals: signalsOf(header),
      idempotencyKey: idempotencyKeyOf(header("idempotency-key")),
      isBatch: "events" in body,
    });
    const { accepted, duplicates, rejected } = result;
    note({ accepted, duplicates, rejected });
    return answer(result, "events" in body);
  };
  return [
    route({
      method: "POST",
      path: "/analytics/events",
      summary: "Send events to all of the tenant's active configs",
      access,
      body,
      problems: refusals,
      handle: (input) => accept(input),
    }),
    route({
      method: "POST",
      path: "/analytics/{provider}/events",
      summary: "Send events to the active configs of one provider",
      access,
      params: z.object({ provider: z.string() }),
      body,
      problems: ["unknown-provider", ...refusals],
      handle: (input) => accept(input, requireProvider(input.params.provider).slug),
    }),
    route({
      method: "GET",
      path: "/analytics/events",
      summary: "List events with their outcomes, newest first; a page may be short, or empty, while it has a `next_cursor`",
      access: { scope: "analytics:read" },
      query: z.strictObject({
        ...pagingQuery,
        config_id: z.string().min(1).max(64).optional(),
        outcome: z.enum(outcomes).optional(),
        since: dateTime.optional(),
      }),
      problems: ["cursor-invalid"],
      handle: async ({ principal, query }) => {
        const { items, next } = await use.listEvents(tenantOf(principal), {
          limit: query.limit,
          configId: query.config_id,
          outcome: query.outcome,
          since: query.since,
          after: decodeCursor(query.cursor, z.strictObject({ batch: z.uuid(), skip: z.int().min(0) })),
        });
        return { status: 200, body: { items, next_cursor: next === undefined ? null : encodeCursor(next) } };
      },
    }),
    route({
      method: "GET",
      path: "/analytics/events/{id}",
      summary: "The receipt of an event: what arrived, and each config's outcome and attempts",
      access: { scope: "analytics:read" },
      params: z.object({ id: z.uuid() }),
      problems: ["not-found"],
      handle: async ({ principal, params }) => ({ status: 200, body: await use.readReceipt(tenantOf(principal), params.id) }),
    }),
  ];
};

function itemsOf(body: Record<string, unknown>): readonly unknown[] {
  if (!("events" in body)) {
    return [body];
  }
  const { events, ...others } = body;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw invalid("body-invalid", [{ pointer: `/${unknown.slice(0, 100)}`, detail: "unknown field beside `events`" }]);
  }
  if (!Array.isArray(events) || events.length === 0) {
    throw invalid("body-invalid", [{ pointer: "/events", detail: "an array of at least one event" }]);
  }
  if (events.length > eventsMax) {
    throw new Problem("too-many-events", `at most ${eventsMax} events at once`, {
      extensions: { pointer: "/events", events_max: eventsMax },
    });
  }
  return events;
}

/** The header's key for the whole request; the quotes of its structured form (draft-ietf-httpapi-idempotency-key-header) don't count. */
function idempotencyKeyOf(header: string | undefined): string | undefined {
  const key = header?.trim().replace(/^"(.*)"$/, "$1");
  if (key !== undefined && (key === "" || key.length > 255)) {
    throw new Problem("request-malformed", "Idempotency-Key has 1 to 255 characters", { extensions: { header: "Idempotency-Key" } });
  }
  return key;
}

/** 202 when at least one event was taken. A single event's problem is the answer's; a batch of only bad ones is 422 with all of theirs. */
function answer(result: AcceptResult, isBatch: boolean): RouteResult {
  if (result.rejected < result.results.length) {
    return { status: 202, body: result };
  }
  const [only] = result.results;
  if (!isBatch && only?.problem !== undefined) {
    const { type: _type, title: _title, status: _status, code, detail, ...extensions } = only.problem;
    throw new Problem(code as keyof typeof problems, detail, { extensions });
  }
  throw new Problem("events-all-rejected", `all ${result.rejected} events were rejected`, { extensions: { ...result } });
}
