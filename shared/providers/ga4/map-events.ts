import { isIP } from "node:net";
import type { DeliverableEvent } from "../../events/event.ts";
import { type Report, reportInto } from "../adjustments.ts";
import type { Adjustment, Mapping, ProviderConfig, ProviderRequest, Verdict } from "../definition.ts";
import { urlUnder } from "../text.ts";
import { ecommerceEvents, enhancedEvents, ga4Name, inGa4Words } from "./event-names.ts";
import { type Group, groupByVisitor, type Hit } from "./group-by-visitor.ts";
import { clientIdOf, consentModeOf, userIdOf } from "./identity.ts";
import { paramsOf } from "./params.ts";
import { apiSecret, collectionUrl, collectPath, debugPath, hoursMax, measurementId, type Settings } from "./settings.ts";
import { userPropertiesOf } from "./user-properties.ts";

/**
 * As few requests as one visitor per request allows; while debugging one per event, so that its messages have their event. What was
 * changed on the way stands beside them: GA4 would drop the rest of an event, or all of it, without a word.
 */
export function mapEvents(
  events: readonly DeliverableEvent[],
  { settings, credentials, secrets }: ProviderConfig<Settings>,
  sentAt?: number,
): Required<Mapping> {
  const secret = apiSecret(secrets);
  const stream = measurementId(credentials);
  const settled: { event: number; verdict: Verdict }[] = [];
  const adjustments: Adjustment[] = [];
  const hits: { index: number; hit: Hit }[] = [];
  for (const [index, event] of events.entries()) {
    const hit = isTooOld(event, sentAt)
      ? ({ verdict: "expired", reason: `happened more than ${hoursMax} hours ago` } as const)
      : secret === undefined
        ? rejected("the secret of api_secret_ref is not an API secret")
        : hitOf(event, settings, stream, reportInto(adjustments, index));
    if ("verdict" in hit) {
      settled.push({ event: index, verdict: hit });
    } else {
      hits.push({ index, hit });
    }
  }
  const { groups, tooLarge } = groupByVisitor(hits, settings.debug_mode);
  const verdict = rejected("the event is too large for one request");
  settled.push(...tooLarge.map((event) => ({ event, verdict })));
  return { requests: groups.map((group) => request(group, settings, stream, secret ?? "")), settled, adjustments };
}

/** Whatever a config's `late_after_seconds` says. */
const isTooOld = ({ occurred_at }: DeliverableEvent, sentAt = 0): boolean => sentAt - Date.parse(occurred_at) > hoursMax * 3_600_000;

/** The event as it is sent, or why it isn't. */
function hitOf(event: DeliverableEvent, settings: Settings, stream: string, report: Report): Hit | Verdict {
  const name = ga4Name(event);
  if (enhancedEvents.has(name) && !settings.enable_enhanced_measurement) {
    return disabled("the config does not send what enhanced measurement measures");
  }
  if (ecommerceEvents.has(name) && !settings.enable_ecommerce) {
    return disabled("the config sends no e-commerce");
  }
  const isIdentify = event.event_name === "identify";
  if (isIdentify && event.consent?.["analytics"] !== true) {
    return { verdict: "suppressed", reason: "consent_missing", detail: "nobody is identified without consent to analytics" };
  }
  if (name !== event.event_name) {
    report(["event_name"], "renamed", name);
  }
  const userId = userIdOf(event, report);
  const traits = isIdentify ? userPropertiesOf(event.event_properties ?? {}, report) : undefined;
  if (isIdentify && userId === undefined) {
    return rejected("identify needs a user_id that is no e-mail address");
  }
  if (traits !== undefined && Object.keys(traits).length === 0) {
    return { verdict: "suppressed", reason: "filtered", detail: "identify without properties says nothing" };
  }
  const head = {
    client_id: clientIdOf(event, stream),
    ...(userId === undefined ? {} : { user_id: userId }),
    consent: consentModeOf(event),
    ...(traits === undefined ? {} : { user_properties: traits }),
    ...placeOf(event, settings),
  };
  const { event_properties, ...withoutTraits } = event;
  const params = paramsOf(isIdentify ? withoutTraits : inGa4Words(event), name, settings, report);
  return { head, timestampMicros: timestampMicros(event), name, params };
}

/** Where the visitor is and with what, each only if the tenant wants Google to know. */
function placeOf({ client_ip, user_agent }: DeliverableEvent, { anonymize_ip, send_user_agent }: Settings) {
  return {
    ...(anonymize_ip || client_ip === undefined || isIP(client_ip) === 0 ? {} : { ip_override: client_ip }),
    ...(send_user_agent && user_agent ? { user_agent: user_agent.toWellFormed() } : {}),
  };
}

/** Not after its arrival: what Google does with times ahead is not documented. */
const timestampMicros = ({ occurred_at, received_at }: DeliverableEvent): number =>
  Math.min(Date.parse(occurred_at), Date.parse(received_at)) * 1000;

/** Google takes the secret in the query only: this URL must never be logged. */
function request({ body, events }: Group, settings: Settings, stream: string, secret: string): ProviderRequest {
  const query = new URLSearchParams({ measurement_id: stream, api_secret: secret });
  const path = settings.debug_mode ? debugPath : collectPath;
  return {
    method: "POST",
    url: `${urlUnder(collectionUrl(settings), path)}?${query}`,
    headers: { "content-type": "application/json" },
    body,
    events,
  };
}

const rejected = (reason: string): Verdict => ({ verdict: "rejected", reason });
const disabled = (detail: string): Verdict => ({ verdict: "suppressed", reason: "custom_events_disabled", detail });
