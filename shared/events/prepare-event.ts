import { Problem } from "../problems/problem.ts";
import { type FieldError, fieldErrors, invalid } from "../problems/validate.ts";
import { checkProperties } from "./check-properties.ts";
import { type EventContent, eventLimits, type IncomingEvent, incomingEvent, truncatedFields } from "./event.ts";
import { contentHash, idFromKey } from "./event-id.ts";

const pastMsMax = 72 * 3_600_000;
const futureMsMax = 5 * 60_000;

/** Something of an event that was changed on its way in, so that the sender hears of it. */
export interface Adjustment {
  readonly pointer: string;
  readonly change: "truncated" | "clamped";
  readonly detail: string;
}

/** What the request says about all of its events. */
export interface RequestFacts {
  readonly tenantId: string;
  /** The provider whose configs the events are for; all providers otherwise. */
  readonly provider?: string | undefined;
  /** `secret` keys speak for visitors, `site` keys are used by the visitors themselves. */
  readonly keyKind: "secret" | "site";
  readonly clientAddress: string | undefined;
  readonly userAgent: string | undefined;
  /** What the request's headers ask for all of its events: `DNT`, `Sec-GPC`. */
  readonly signals: { readonly do_not_track: boolean; readonly global_privacy_control: boolean };
  readonly idempotencyKey: string | undefined;
  /** Of the request's span (W3C `traceparent`), so that what becomes of the events is found in its trace. */
  readonly traceparent?: string | undefined;
  /** Whether the events stand in `events` of the body: pointers begin there. */
  readonly isBatch: boolean;
}

/** An event ready to be stored. */
export interface PreparedEvent {
  readonly content: EventContent;
  /** Of the content as JSON in UTF-8. */
  readonly bytes: number;
  readonly provider?: string;
  readonly config_id?: string;
  readonly client_ip?: string;
  /** Of the request that brought it. Travels with the message of the batch; never stored. */
  readonly traceparent?: string;
  /** When the sender gave a key: it, the id that follows from it, and the hash of the content. */
  readonly idempotency?: { readonly key: string; readonly id: string; readonly contentHash: string };
  readonly adjustments: readonly Adjustment[];
}

/** Checks one posted event and brings it into the stored form. Throws the problem of this item. */
export function prepareEvent(item: unknown, index: number, facts: RequestFacts, now: number): PreparedEvent {
  const base = facts.isBatch ? `/events/${index}` : "";
  const parsed = incomingEvent.safeParse(item);
  if (!parsed.success) {
    throw invalid("event-invalid", fieldErrors(parsed.error, base));
  }
  const event = parsed.data;
  const wrong = event.event_properties ? checkProperties(event.event_properties, `${base}/event_properties`) : undefined;
  if (wrong !== undefined) {
    throw invalid("event-invalid", [wrong]);
  }
  const adjustments: Adjustment[] = [];
  const content = contentOf(event, base, facts, now, adjustments);
  const bytes = requireSize(content, base);
  const key = event.idempotency_key ?? (facts.idempotencyKey === undefined ? undefined : `${facts.idempotencyKey}#${index}`);
  const clientIp = facts.keyKind === "site" ? facts.clientAddress : (event.context?.ip ?? undefined);
  return {
    content,
    bytes,
    ...(facts.provider === undefined ? {} : { provider: facts.provider }),
    ...(event.config_id ? { config_id: event.config_id } : {}),
    ...(clientIp === undefined ? {} : { client_ip: clientIp }),
    ...(facts.traceparent === undefined ? {} : { traceparent: facts.traceparent }),
    ...(key === undefined ? {} : { idempotency: { key, id: idFromKey(facts.tenantId, key, 0), contentHash: hashOf(event, facts) } }),
    adjustments,
  };
}

/** Without the visitor's address: beside the rest of the event, a stored hash of it could be guessed back. */
function hashOf(event: IncomingEvent, { provider }: RequestFacts): string {
  return contentHash({ ...event, provider, idempotency_key: null, context: { visitor_id: event.context?.visitor_id } });
}

function contentOf(event: IncomingEvent, base: string, facts: RequestFacts, now: number, adjustments: Adjustment[]): EventContent {
  const content: Record<string, unknown> = { event_name: event.event_name };
  if (event.event_properties && Object.keys(event.event_properties).length > 0) {
    content["event_properties"] = event.event_properties;
  }
  for (const name of ["user_id", "anonymous_id", "revenue", "consent"] as const) {
    if (event[name]) {
      content[name] = event[name];
    }
  }
  const visitorId = event.visitor_id ?? event.context?.visitor_id;
  if (visitorId) {
    content["visitor_id"] = visitorId;
  }
  for (const signal of ["do_not_track", "global_privacy_control"] as const) {
    if (facts.signals[signal] || event.context?.[signal]) {
      content[signal] = true;
    }
  }
  // A server's own user agent says nothing about the visitor it speaks for.
  const userAgent = event.user_agent ?? (facts.keyKind === "site" ? facts.userAgent : undefined);
  const texts = { ...event, user_agent: userAgent };
  for (const [name, charsMax] of Object.entries(truncatedFields) as [keyof typeof truncatedFields, number][]) {
    const text = texts[name];
    if (text) {
      content[name] = truncate(text, `${base}/${name}`, charsMax, adjustments);
    }
  }
  const badUrl = content["page_url"] === undefined ? undefined : checkPageUrl(String(content["page_url"]), `${base}/page_url`);
  if (badUrl !== undefined) {
    throw invalid("event-invalid", [badUrl]);
  }
  content["occurred_at"] = clampTime(event.occurred_at ?? undefined, `${base}/occurred_at`, now, adjustments);
  return content as unknown as EventContent;
}

/** Cut before a surrogate pair rather than through it. */
function truncate(text: string, pointer: string, charsMax: number, adjustments: Adjustment[]): string {
  if (text.length <= charsMax) {
    return text;
  }
  adjustments.push({ pointer, change: "truncated", detail: `to ${charsMax} characters` });
  return text.slice(0, charsMax).replace(/[\ud800-\udbff]$/, "");
}

function checkPageUrl(url: string, pointer: string): FieldError | undefined {
  const isPath = url.startsWith("/");
  if (isPath || (URL.canParse(url) && !/^(data|javascript|blob):/i.test(url))) {
    return undefined;
  }
  return { pointer, detail: "an absolute URL, or a path that begins with /" };
}

function clampTime(occurredAt: string | undefined, pointer: string, now: number, adjustments: Adjustment[]): string {
  if (occurredAt === undefined) {
    return new Date(now).toISOString();
  }
  const wanted = Date.parse(occurredAt);
  const kept = Math.min(Math.max(wanted, now - pastMsMax), now + futureMsMax);
  if (kept !== wanted) {
    adjustments.push({ pointer, change: "clamped", detail: kept < wanted ? "to 5 minutes ahead" : "to 72 hours back" });
  }
  return new Date(kept).toISOString();
}

function requireSize(content: EventContent, pointer: string): number {
  const bytes = Buffer.byteLength(JSON.stringify(content));
  if (bytes > eventLimits.eventBytes) {
    throw new Problem("event-too-large", `${bytes} bytes; at most ${eventLimits.eventBytes}`, {
      extensions: { pointer, bytes_max: eventLimits.eventBytes },
    });
  }
  return bytes;
}
