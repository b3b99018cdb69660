import type { DeliverableEvent } from "../../events/event.ts";
import type { Report } from "../adjustments.ts";
import type { Verdict } from "../definition.ts";
import { outboundLinkNames } from "../event-words.ts";
import { order, revenueOf } from "./order.ts";
import { absoluteUrl, fitUrl } from "./page.ts";
import type { Settings } from "./settings.ts";
import { type Action, decimal, shortText, textOf } from "./values.ts";

const downloadNames = ["file_download", "File Download"];
const searchNames = ["search", "site_search", "view_search_results"];

/** What happened: a page view, a click, a search, an order, or else an event (docs/5.x/tracking-api.md). */
export function actionOf(event: DeliverableEvent, settings: Settings, report: Report): Action | Verdict {
  const plain = event.event_name === "pageview" ? { params: {}, used: [] } : (click(event, report) ?? search(event, report));
  if (plain !== undefined && event.revenue !== undefined) {
    report(["revenue"], "dropped", "only orders and events have revenue there");
  }
  const action = plain ?? order(event, settings, report) ?? named(event, settings, report);
  if ("verdict" in action) {
    return action;
  }
  // Where a plugin or the site search is switched off there, it would count as a page view without `ca`.
  const ca = event.event_name === "pageview" ? undefined : "1";
  return { ...action, params: { ca, action_name: shortText(event.page_title, ["page_title"], report), ...action.params } };
}

/** Clicks say where they lead; one that doesn't is an event. */
function click({ event_name, event_properties = {} }: DeliverableEvent, report: Report): Action | undefined {
  const parameter = outboundLinkNames.includes(event_name) ? "link" : downloadNames.includes(event_name) ? "download" : undefined;
  const name = ["url", "link_url", "href"].find((one) => typeof event_properties[one] === "string");
  const url = name === undefined ? undefined : absoluteUrl(String(event_properties[name]));
  if (parameter === undefined || name === undefined || url === undefined) {
    return undefined;
  }
  return { params: { [parameter]: fitUrl(url, ["event_properties", name], report) }, used: [name] };
}

/** `search_count=0` means that nothing was found. */
function search({ event_name, event_properties = {} }: DeliverableEvent, report: Report): Action | undefined {
  const name = ["search_term", "query", "q"].find((one) => textOf(event_properties[one]) !== undefined);
  if (!searchNames.includes(event_name) || name === undefined) {
    return undefined;
  }
  const { results } = event_properties;
  const isCount = Number.isSafeInteger(results) && Number(results) >= 0;
  const params = {
    search: shortText(event_properties[name], ["event_properties", name], report),
    search_cat: shortText(event_properties["category"], ["event_properties", "category"], report),
    search_count: isCount ? String(results) : undefined,
  };
  return { params, used: [name, ...(params.search_cat === undefined ? [] : ["category"]), ...(isCount ? ["results"] : [])] };
}

/** Revenue without an order is the event's value, which goals can count as revenue there. */
function named(event: DeliverableEvent, settings: Settings, report: Report): Action | Verdict {
  const { event_name, event_properties = {} } = event;
  const action = shortText(event_name, ["event_name"], report);
  if (action === undefined) {
    return { verdict: "rejected", reason: "event_name is empty to the provider" };
  }
  const firstSaid = (...names: string[]) => names.find((name) => textOf(event_properties[name]) !== undefined);
  const say = (name: string | undefined) =>
    name === undefined ? undefined : shortText(event_properties[name], ["event_properties", name], report);
  const category = firstSaid("category");
  const name = firstSaid("name", "label");
  const revenue = decimal(revenueOf(event, settings, report));
  const value = revenue === undefined ? decimal(event_properties["value"]) : undefined;
  return {
    params: { e_c: say(category) ?? settings.event_category, e_a: action, e_n: say(name), e_v: revenue ?? value },
    used: [category, name, value === undefined ? undefined : "value"].filter((one) => one !== undefined),
  };
}
