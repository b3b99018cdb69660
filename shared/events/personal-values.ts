import type { DeliverableEvent } from "./event.ts";

/** Shorter texts and numbers than these are words and counts. */
const textCharsMin = 3;
const digitsMin = 5;

/** What of an event says who somebody is or what they looked at: everything but its name, its kind of device and what it was worth. */
export function personalValues(event: DeliverableEvent): string[] {
  const { user_id, anonymous_id, visitor_id, visitor_hash, client_ip, user_agent, page_title, page_url, referrer } = event;
  const ids = [user_id, anonymous_id, visitor_id, visitor_hash, client_ip].filter((id) => id !== undefined);
  const texts = [user_agent, page_title, ...partsOf(page_url), ...partsOf(referrer), ...leavesOf(event.event_properties)];
  return [...ids, ...texts.filter((text) => text !== undefined && text.length >= textCharsMin)] as string[];
}

/** Of a URL all that comes after its host, and what its query says. Which site it is, is its tenant's. */
function partsOf(url: string | undefined): string[] {
  const parsed = url === undefined ? null : URL.parse(url, "https://any.invalid");
  if (parsed === null) {
    return url === undefined ? [] : [url];
  }
  const { username, password, pathname, search, searchParams, hash } = parsed;
  return [username, password, pathname + search + hash, pathname, hash.slice(1), ...searchParams.values()];
}

/** The texts and the longer numbers in a JSON value. */
function leavesOf(value: unknown): string[] {
  if (typeof value === "object" && value !== null) {
    return Object.values(value).flatMap(leavesOf);
  }
  const digits = typeof value === "number" && Math.abs(value) >= 10 ** (digitsMin - 1);
  return typeof value === "string" || digits ? [String(value)] : [];
}
