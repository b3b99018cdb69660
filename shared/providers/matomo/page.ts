import type { DeliverableEvent } from "../../events/event.ts";
import type { Report } from "../adjustments.ts";
import type { Settings } from "./settings.ts";
import type { Params } from "./values.ts";

/** Columns of core/Db/Schema/Mysql.php (`log_action.name`, `log_conversion.url`) and of the plugin Referrers (`referer_url`). */
const urlCharsMax = 4096;
const referrerCharsMax = 1500;

/** Where the event happened and where the visitor came from; absent what the server would throw away. */
export function pageParams({ page_url, referrer }: DeliverableEvent, { site_url }: Settings, report: Report): Params {
  return { url: urlOf(page_url, site_url, report), urlref: referrerOf(referrer, report) };
}

/**
 * An address as the server takes it: absolute, with two slashes (`isLookLikeUrl` in core/UrlHelper.php). In ASCII, as browsers spell
 * it, so that the server's own cut can't halve a character. Nothing but a fragment and an end that is too long gets lost.
 */
export function absoluteUrl(text: string, base?: string): string | undefined {
  const isProtocolRelative = text.startsWith("//");
  const url = URL.parse(text, isProtocolRelative ? "https://none" : text.startsWith("/") ? base : undefined);
  return url !== null && /^[^:]+:\/\/./.test(url.href) ? url.href : undefined;
}

/** An address within so many characters: without its fragment, or else cut, not through an escape. */
export function fitUrl(url: string, path: readonly string[], report: Report, charsMax: number = urlCharsMax): string {
  if (url.length <= charsMax) {
    return url;
  }
  report(path, "cut", `to ${charsMax} characters`);
  const bare = url.replace(/#.*$/, "");
  return bare.length <= charsMax ? bare : bare.slice(0, charsMax).replace(/%[\dA-F]?$/i, "");
}

function urlOf(pageUrl: string | undefined, siteUrl: string | undefined, report: Report): string | undefined {
  if (pageUrl === undefined) {
    return undefined;
  }
  const url = absoluteUrl(pageUrl, siteUrl);
  if (url === undefined) {
    report(["page_url"], "dropped", pageUrl.startsWith("/") ? "a path, and the config has no site_url" : "no address of a page");
    return undefined;
  }
  return fitUrl(url, ["page_url"], report);
}

function referrerOf(referrer: string | undefined, report: Report): string | undefined {
  if (referrer === undefined) {
    return undefined;
  }
  const url = absoluteUrl(referrer);
  if (url === undefined) {
    report(["referrer"], "dropped", "no absolute address");
    return undefined;
  }
  return fitUrl(url, ["referrer"], report, referrerCharsMax);
}
