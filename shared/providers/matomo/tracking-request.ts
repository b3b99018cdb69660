import type { DeliverableEvent } from "../../events/event.ts";
import type { Report } from "../adjustments.ts";
import type { Verdict } from "../definition.ts";
import { outboundLinkNames } from "../event-words.ts";
import { cutChars } from "../text.ts";
import { actionOf } from "./action.ts";
import { pageParams } from "./page.ts";
import type { Settings } from "./settings.ts";
import { type Params, plainText } from "./values.ts";
import { visitorParams } from "./visitor.ts";

/** `prepareValue` of the plugin CustomDimensions. */
const dimensionCharsMax = 250;

/** One tracking request as a query string, which may stand in a batch; or why there is none. */
export function trackingRequest(event: DeliverableEvent, settings: Settings, report: Report): string | Verdict {
  const verdict = unsendable(event, settings);
  if (verdict !== undefined) {
    return verdict;
  }
  const page = pageParams(event, settings, report);
  if (event.event_name === "pageview" && page["url"] === undefined) {
    const needed = event.page_url?.startsWith("/") ? "site_url of the config, since page_url is a path" : "an absolute page_url";
    return { verdict: "rejected", reason: `a page view needs ${needed}` };
  }
  const action = actionOf(event, settings, report);
  if ("verdict" in action) {
    return action;
  }
  const params: Params = {
    idsite: String(settings.site_id),
    rec: "1",
    apiv: "1",
    ...page,
    ...action.params,
    ...dimensionParams(event, action.used, settings, report),
    ...visitorParams(event, settings),
    // UTC, in seconds.
    cdt: String(Math.floor(Date.parse(event.occurred_at) / 1000)),
  };
  const said = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `?${new URLSearchParams(said)}`;
}

function unsendable({ event_name }: DeliverableEvent, settings: Settings): Verdict | undefined {
  if (event_name === "identify") {
    return { verdict: "suppressed", reason: "filtered", detail: "the provider keeps no traits of users" };
  }
  if (outboundLinkNames.includes(event_name) && !settings.track_outbound_links) {
    return { verdict: "suppressed", reason: "custom_events_disabled", detail: "the config does not track outbound links" };
  }
  if (event_name !== "pageview" && !settings.enable_custom_events) {
    return { verdict: "suppressed", reason: "custom_events_disabled", detail: "the config sends page views only" };
  }
  return undefined;
}

/** Properties go where the config says; others have no place there. */
function dimensionParams(event: DeliverableEvent, used: readonly string[], { custom_dimensions }: Settings, report: Report): Params {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.event_properties ?? {})) {
    const path = ["event_properties", name];
    const text = plainText(value);
    if (!Object.hasOwn(custom_dimensions, name)) {
      if (!used.includes(name) && value !== null) {
        report(path, "dropped", "no custom dimension takes it");
      }
    } else if (text !== undefined) {
      if (text.length > dimensionCharsMax) {
        report(path, "cut", `to ${dimensionCharsMax} characters`);
      }
      params[`dimension${custom_dimensions[name]}`] = cutChars(text, dimensionCharsMax).trim();
    }
  }
  return params;
}
