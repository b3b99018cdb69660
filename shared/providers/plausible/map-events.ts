import type { DeliverableEvent } from "../../events/event.ts";
import { type Mapping, type ProviderConfig, type ProviderRequest, unknownVisitorIp, type Verdict } from "../definition.ts";
import { cutBytes, headerText, urlUnder } from "../text.ts";
import type { Settings } from "./settings.ts";

/** Limits of the events API: docs/events-api.md and lib/plausible/ingestion/request.ex of plausible/analytics. */
const nameCharsMax = 120;
const urlBytesMax = 2000;
const referrerCharsMax = 2000;
const propsMax = 30;
const propNameBytesMax = 300;
const propValueBytesMax = 2000;

/** Names that its own script uses for things that are not events. */
const reservedNames = ["engagement", "pageleave"];
/** Query parameters that it reads the source of a visit from. */
const sourceParameters = /^(utm_(source|medium|campaign|content|term)|source|ref)$/;

/** One request per event: there is no batch endpoint, and no time, user or session in it. */
export function mapEvents(events: readonly DeliverableEvent[], { settings }: ProviderConfig<Settings>): Mapping {
  const requests: ProviderRequest[] = [];
  const settled: { event: number; verdict: Verdict }[] = [];
  for (const [index, event] of events.entries()) {
    const url = pageUrl(event, settings);
    const verdict = unsendable(event, settings) ?? (typeof url === "string" ? undefined : url);
    if (verdict === undefined) {
      requests.push(request(event, url as string, settings, index));
    } else {
      settled.push({ event: index, verdict });
    }
  }
  return { requests, settled };
}

function unsendable({ event_name }: DeliverableEvent, settings: Settings): Verdict | undefined {
  if (event_name === "identify") {
    return { verdict: "suppressed", reason: "filtered", detail: "there are no users to identify" };
  }
  if (reservedNames.includes(event_name)) {
    return { verdict: "suppressed", reason: "filtered", detail: "the event's name is reserved by the provider" };
  }
  if (event_name !== "pageview" && !settings.enable_custom_events) {
    return { verdict: "suppressed", reason: "custom_events_disabled", detail: "the config sends page views only" };
  }
  return event_name.length > nameCharsMax
    ? { verdict: "rejected", reason: `event_name has more than ${nameCharsMax} characters` }
    : undefined;
}

/** The event's page, made absolute and short enough; a custom event without a page belongs to the site as a whole. */
function pageUrl({ event_name, page_url }: DeliverableEvent, { site_id }: Settings): string | Verdict {
  const site = `https://${site_id.split(",")[0]}`;
  if (page_url === undefined) {
    return event_name === "pageview" ? { verdict: "rejected", reason: "a page view needs page_url" } : `${site}/`;
  }
  const text = page_url.startsWith("/") ? site + page_url : page_url;
  if (Buffer.byteLength(text) <= urlBytesMax) {
    return text;
  }
  return (
    shortened(text).find((url) => Buffer.byteLength(url) <= urlBytesMax) ?? {
      verdict: "rejected",
      reason: `page_url has more than ${urlBytesMax} bytes`,
    }
  );
}

/** Less and less of a long URL; what tells the visit's source goes last. */
function shortened(text: string): string[] {
  const url = URL.parse(text);
  if (url === null) {
    return [];
  }
  url.hash = "";
  const withoutFragment = url.href;
  const kept = [...url.searchParams].filter(([name]) => sourceParameters.test(name));
  url.search = new URLSearchParams(kept).toString();
  const withSources = url.href;
  url.search = "";
  return [withoutFragment, withSources, url.href];
}

function request(event: DeliverableEvent, url: string, settings: Settings, index: number): ProviderRequest {
  const props = propsOf(event.event_properties ?? {});
  const body = {
    name: event.event_name,
    domain: settings.site_id,
    url,
    ...(event.referrer === undefined ? {} : { referrer: event.referrer.slice(0, referrerCharsMax) }),
    ...(Object.keys(props).length === 0 ? {} : { props }),
    ...(event.revenue === undefined || !settings.enable_revenue_tracking
      ? {}
      : { revenue: { currency: event.revenue.currency, amount: event.revenue.amount } }),
  };
  return {
    method: "POST",
    url: urlUnder(settings.instance_url, "/api/event"),
    headers: {
      "content-type": "application/json",
      // Verbatim: the visitor is told apart by it. Never ours, which would be a bot's.
      "user-agent": headerText(event.user_agent ?? ""),
      "x-forwarded-for": event.client_ip ?? unknownVisitorIp,
    },
    body: JSON.stringify(body),
    events: [index],
  };
}

/** Scalars only; what it would refuse (long names) or drop (nothing in it) stays here. */
function propsOf(properties: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  const props = new Map<string, string | number | boolean>();
  for (const [name, value] of Object.entries(properties)) {
    const scalar = typeof value === "string" ? cutBytes(value, propValueBytesMax) : value;
    const isSent = (typeof scalar === "string" && scalar !== "") || typeof scalar === "number" || typeof scalar === "boolean";
    if (isSent && name !== "" && Buffer.byteLength(name) <= propNameBytesMax && props.size < propsMax) {
      props.set(name, scalar);
    }
  }
  return Object.fromEntries(props);
}
