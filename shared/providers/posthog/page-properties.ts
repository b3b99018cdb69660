import type { DeliverableEvent } from "../../events/event.ts";

/** What an event says about page and browser, in the provider's names; absent where the event says nothing. */
export function pageProperties(event: DeliverableEvent): Readonly<Record<string, unknown>> {
  const { page_url, referrer, page_title, language, user_agent, screen } = event;
  const [, width, height] = /^(\d{1,6})x(\d{1,6})$/.exec(screen ?? "") ?? [];
  return {
    $current_url: page_url,
    ...partsOf(page_url),
    $referrer: referrer,
    $title: page_title,
    ...(width === undefined ? {} : { $screen_width: Number(width), $screen_height: Number(height) }),
    $browser_language: language,
    // Its own header is not looked at.
    $raw_user_agent: user_agent,
  };
}

/** A page known by its path only has no host. */
function partsOf(pageUrl: string | undefined): { $host?: string | undefined; $pathname?: string } {
  const url = pageUrl === undefined ? null : URL.parse(pageUrl, "http://none");
  if (pageUrl === undefined || url === null) {
    return {};
  }
  const isPath = pageUrl.startsWith("/") && !pageUrl.startsWith("//");
  return { $host: isPath ? undefined : url.host || undefined, $pathname: url.pathname };
}
