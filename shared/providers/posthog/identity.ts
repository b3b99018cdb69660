import type { DeliverableEvent } from "../../events/event.ts";
import type { Settings } from "./settings.ts";

/** Ids that the provider refuses because they stand for nobody (capture v1), in lower case. */
const illegalIds = new Set([
  ..."0 anonymous anonymous-user backend distinct_id distinctid email false guest id nan none not_authenticated null".split(" "),
  ..."system true undefined user 00000000-0000-0000-0000-000000000000".split(" "),
  "[object object]",
  "",
]);

/** Who an event is by. */
export interface Identity {
  readonly distinctId: string;
  /** Whether `distinctId` is a user whom the site knows; other visitors get no person there. */
  readonly isUser: boolean;
}

/**
 * The visitor of an event. In cookieless mode, and for a visitor without an id, it is the hash that tells the visitors of a day apart
 * (decision 11). Where there is none it is the event's own id: it links to nothing else, stays the same when the event is sent again,
 * and so the event counts as a visitor.
 */
export function identityOf({ id, user_id, anonymous_id, visitor_hash }: DeliverableEvent, { cookieless }: Settings): Identity {
  const ofDay = visitor_hash ?? id;
  if (cookieless) {
    return { distinctId: ofDay, isUser: false };
  }
  const user = legalId(user_id);
  return user === undefined ? { distinctId: legalId(anonymous_id) ?? ofDay, isUser: false } : { distinctId: user, isUser: true };
}

/** An id as it may be sent; one that stands for nobody would join all visitors who have it into one person. */
export const legalId = (id: unknown): string | undefined =>
  typeof id === "string" && !illegalIds.has(id.trim().toLowerCase()) ? id : undefined;
