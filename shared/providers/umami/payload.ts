import { createHash } from "node:crypto";
import type { DeliverableEvent } from "../../events/event.ts";
import { unknownVisitorIp } from "../definition.ts";
import { cutChars } from "../text.ts";
import type { Settings } from "./settings.ts";

/** Lengths in characters: zod limits of src/app/api/send/route.ts, and columns of prisma/schema.prisma whose overflow answers 500. */
const charsMax = {
  hostname: 100,
  url: 500,
  referrer: 500,
  title: 500,
  language: 35,
  screen: 11,
  name: 50,
  id: 50,
  parameter: 255,
  data: 500,
} as const;
/** decimal(19,4). */
const numberMax = 1e15;

/** What one event says in `{type, payload}`. */
export interface Entry {
  readonly type: "event" | "identify";
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Builds the entry of an event. Absent values are left out: `null` is refused. */
export function entryOf(event: DeliverableEvent, { website_id }: Settings): Entry {
  const { hostname, url } = pageOf(event.page_url);
  const isIdentify = event.event_name === "identify";
  const isPageview = event.event_name === "pageview";
  const data = dataOf(event, isPageview || isIdentify);
  const payload: Record<string, unknown> = {
    website: website_id,
    hostname,
    ...(isIdentify ? {} : { url, title: cut(event.page_title, charsMax.title), referrer: referrerOf(event.referrer) }),
    language: cut(event.language, charsMax.language),
    screen: cut(event.screen, charsMax.screen),
    ...(isPageview || isIdentify ? {} : { name: nameOf(event.event_name) }),
    data: Object.keys(data).length === 0 ? undefined : data,
    ip: event.client_ip ?? unknownVisitorIp,
    // Also in the header, for servers before 2.18.
    userAgent: event.user_agent,
    // Seconds: milliseconds would land thousands of years ahead.
    timestamp: Math.floor(Date.parse(event.occurred_at) / 1000),
    id: sessionId(event),
  };
  return {
    type: isIdentify ? "identify" : "event",
    payload: Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined)),
  };
}

const cut = (text: string | undefined, max: number): string | undefined => (text === undefined ? undefined : cutChars(text, max));

/** Servers of 2026 refuse a name that a spreadsheet would take for a formula (src/app/api/send/request-schema.ts); without a name it would be a page view. */
const nameOf = (name: string): string => cutChars(name.replace(/^[=+\-@\t\r]+/, ""), charsMax.name) || "event";

/** Without an id of ours it joins what one address and user agent do in a month; ours lasts a day, unless the site knows the user. */
const sessionId = ({ user_id, visitor_hash }: DeliverableEvent): string | undefined =>
  user_id === undefined ? visitor_hash : distinctId(user_id);

/** The column holds 50 characters. A longer id becomes its hash, since two long ids may begin alike. */
const distinctId = (id: string): string =>
  id.length <= charsMax.id ? id : createHash("sha256").update(id).digest("hex").slice(0, charsMax.id);

function pageOf(pageUrl: string | undefined): { hostname?: string | undefined; url?: string } {
  if (pageUrl === undefined) {
    return {};
  }
  const url = URL.parse(pageUrl, "http://none");
  if (url === null) {
    return {};
  }
  const hostname = pageUrl.startsWith("/") && !pageUrl.startsWith("//") ? undefined : cut(url.hostname || undefined, charsMax.hostname);
  const query = cutParameters(url.search);
  return { hostname, url: cutChars(url.pathname + query + url.hash, charsMax.url) };
}

/** UTM parameters and click ids have columns of their own. */
function cutParameters(search: string): string {
  const parameters = search.slice(1).split("&");
  const isLong = parameters.some((parameter) => parameter.length > charsMax.parameter);
  if (!isLong) {
    return search;
  }
  const shortened = new URLSearchParams(search);
  for (const [name, value] of [...shortened]) {
    if (value.length > charsMax.parameter) {
      shortened.set(name, cutChars(value, charsMax.parameter));
    }
  }
  return `?${shortened}`;
}

/** Its parts have columns of 500. One that is neither a URL nor a path would cost the whole event (`urlOrPathParam`). */
function referrerOf(referrer: string | undefined): string | undefined {
  const isSendable = referrer !== undefined && (referrer.startsWith("/") || URL.canParse(referrer));
  return isSendable ? cutChars(referrer, charsMax.referrer) : undefined;
}

function dataOf(event: DeliverableEvent, isUnnamed: boolean): Record<string, unknown> {
  const properties = Object.entries(event.event_properties ?? {}).flatMap(([name, value]) => {
    const kept = dataValue(value);
    return kept === undefined || name === "" ? [] : [[cutChars(name, charsMax.data), kept] as const];
  });
  // The revenue report reads named events only.
  const revenue = event.revenue === undefined || isUnnamed ? {} : { revenue: event.revenue.amount, currency: event.revenue.currency };
  return { ...Object.fromEntries(properties), ...revenue };
}

/** Nested objects are flattened to dotted names there, arrays stored as text; both within the columns' limits. */
function dataValue(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return cutChars(value, charsMax.data);
    case "number":
      return Math.abs(value) < numberMax ? value : String(value);
    case "boolean":
      return value;
    case "object":
      return value === null ? undefined : cutChars(JSON.stringify(value), charsMax.data);
    default:
      return undefined;
  }
}
