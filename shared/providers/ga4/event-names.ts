import type { DeliverableEvent } from "../../events/event.ts";
import { outboundLinkNames } from "../event-words.ts";
import { fixName } from "./names.ts";

/** Google's names for what enhanced measurement measures (support article 9216061), page views apart. */
export const enhancedEvents: ReadonlySet<string> = new Set(
  "scroll click view_search_results video_start video_progress video_complete file_download form_start form_submit".split(" "),
);

/** Google's names for online sales (Measurement Protocol events). */
export const ecommerceEvents: ReadonlySet<string> = new Set(
  (
    "add_payment_info add_shipping_info add_to_cart add_to_wishlist begin_checkout purchase refund remove_from_cart select_item " +
    "select_promotion view_cart view_item view_item_list view_promotion"
  ).split(" "),
);

/** The name that GA4 knows an event by. */
export function ga4Name({ event_name }: DeliverableEvent): string {
  if (event_name === "pageview") {
    return "page_view";
  }
  return outboundLinkNames.includes(event_name) ? "click" : fixName(event_name, "event");
}

/** An event with its properties as GA4 calls them: a click on a link to another site says where it leads. */
export function inGa4Words(event: DeliverableEvent): DeliverableEvent {
  if (!outboundLinkNames.includes(event.event_name)) {
    return event;
  }
  const { url, ...others } = event.event_properties ?? {};
  const hostname = typeof url === "string" ? URL.parse(url)?.hostname : undefined;
  const link = { ...(url === undefined ? {} : { link_url: url }), ...(hostname ? { link_domain: hostname } : {}) };
  return { ...event, event_properties: { outbound: "true", ...link, ...others } };
}
