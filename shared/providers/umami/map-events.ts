import type { DeliverableEvent } from "../../events/event.ts";
import type { Mapping, ProviderConfig, ProviderRequest, Verdict } from "../definition.ts";
import { outboundLinkNames } from "../event-words.ts";
import { headerText, urlUnder } from "../text.ts";
import { entryOf } from "./payload.ts";
import { type Settings, sendsBatches } from "./settings.ts";

/** The server handles them one after another within the request: more would take too long for proxies before it. */
const batchMax = 50;

/** One request per event, or for as many as fit where the server was found to take batches. */
export function mapEvents(events: readonly DeliverableEvent[], { settings, capabilities }: ProviderConfig<Settings>): Mapping {
  const settled: { event: number; verdict: Verdict }[] = [];
  const sendable: number[] = [];
  for (const [index, event] of events.entries()) {
    const verdict = unsendable(event, settings);
    if (verdict === undefined) {
      sendable.push(index);
    } else {
      settled.push({ event: index, verdict });
    }
  }
  const together = sendsBatches(settings, capabilities) ? batchMax : 1;
  const groups = Array.from({ length: Math.ceil(sendable.length / together) }, (_, at) =>
    sendable.slice(at * together, (at + 1) * together),
  );
  return { requests: groups.map((group) => request(events, group, settings)), settled };
}

function unsendable({ event_name, event_properties }: DeliverableEvent, settings: Settings): Verdict | undefined {
  if (event_name === "identify") {
    const hasTraits = Object.values(event_properties ?? {}).some((value) => value !== null);
    return hasTraits ? undefined : { verdict: "suppressed", reason: "filtered", detail: "identify without properties says nothing" };
  }
  if (outboundLinkNames.includes(event_name) && !settings.track_outbound_links) {
    return { verdict: "suppressed", reason: "custom_events_disabled", detail: "the config does not track outbound links" };
  }
  if (event_name !== "pageview" && !settings.enable_custom_events) {
    return { verdict: "suppressed", reason: "custom_events_disabled", detail: "the config sends page views only" };
  }
  return undefined;
}

/** One alone is no batch, so that there is a way left when the server refuses batches. */
const request = (events: readonly DeliverableEvent[], group: readonly number[], settings: Settings): ProviderRequest =>
  group.length === 1 ? singleRequest(events[group[0]!]!, group[0]!, settings) : batchRequest(events, group, settings);

function singleRequest(event: DeliverableEvent, index: number, settings: Settings): ProviderRequest {
  return {
    method: "POST",
    url: urlUnder(settings.instance_url, settings.send_path),
    headers: { "content-type": "application/json", "user-agent": headerText(event.user_agent ?? "") },
    body: JSON.stringify(entryOf(event, settings)),
    events: [index],
  };
}

/** Each entry has its own address and user agent; the request's own is not looked at, and an empty one is nobody's bot. */
function batchRequest(events: readonly DeliverableEvent[], sendable: readonly number[], settings: Settings): ProviderRequest {
  return {
    method: "POST",
    url: urlUnder(settings.instance_url, settings.batch_path),
    headers: { "content-type": "application/json", "user-agent": "" },
    body: JSON.stringify(sendable.map((index) => entryOf(events[index]!, settings))),
    events: sendable,
  };
}
