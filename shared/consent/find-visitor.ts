import type { EventContent } from "../events/event.ts";
import type { FoundRecord } from "./gate.ts";

/** The id that an event's visitor is known by, in the records of consent. */
export interface VisitorKey {
  readonly foundBy: FoundRecord["foundBy"];
  readonly id: string;
}

/**
 * The visitor of an event: the one of `visitor_id`; else the one whose decisions the site records by its own `anonymous_id`; else the
 * one whom a server records by `user_id`. Only the first that is there counts: a visitor who has an id of ours and no record has not
 * consented, whatever was once recorded for the user.
 */
export function visitorOf({ visitor_id, anonymous_id, user_id }: EventContent): VisitorKey | undefined {
  if (visitor_id !== undefined) {
    return { foundBy: "visitor_id", id: visitor_id };
  }
  if (anonymous_id !== undefined) {
    return { foundBy: "anonymous_id", id: anonymous_id };
  }
  return user_id === undefined ? undefined : { foundBy: "user_id", id: user_id };
}
