import { createHmac } from "node:crypto";
import type { DeliverableEvent } from "../../events/event.ts";
import type { Report } from "../adjustments.ts";

/** The form of the `_ga` cookie, or the whole cookie: what a Google tag on the same page sends. */
const cookieId = /^(?:GA\d\.\d{1,3}\.)?([1-9]\d{0,18}\.[1-9]\d{0,18})$/;

/**
 * The client of an event, in the form that Google recommends: two numbers. Other ids become two 31-bit numbers of a hash keyed by the
 * measurement id: always the same ones for a data stream, so that an erasure can name them, and other ones for another stream.
 * An event without any id is a client of its own.
 */
export function clientIdOf({ id, anonymous_id, visitor_id, user_id }: DeliverableEvent, measurementId: string): string {
  const [kind, own] =
    anonymous_id !== undefined
      ? ["anonymous", anonymous_id]
      : visitor_id !== undefined
        ? ["visitor", visitor_id]
        : user_id !== undefined
          ? ["user", user_id]
          : ["event", id];
  const given = cookieId.exec(own)?.[1];
  if (given !== undefined && kind === "anonymous") {
    return given;
  }
  const hash = createHmac("sha256", measurementId).update(`${kind}:${own}`).digest();
  const positive = (offset: number) => hash.readUInt32BE(offset) & 0x7fff_ffff || 1;
  return `${positive(0)}.${positive(4)}`;
}

/** The user's id; only with the visitor's consent to analytics, and never an e-mail address, which Google forbids. */
export function userIdOf({ user_id, consent }: DeliverableEvent, report: Report): string | undefined {
  if (user_id === undefined) {
    return undefined;
  }
  if (consent?.["analytics"] !== true) {
    report(["user_id"], "dropped", "sent with the visitor's consent to analytics only");
    return undefined;
  }
  if (/\S@\S/.test(user_id)) {
    report(["user_id"], "dropped", "an e-mail address is not sent");
    return undefined;
  }
  return user_id.toWellFormed();
}

/** Consent Mode, always said: without it Google takes what the page's own tag said. Anything but a clear yes is a no. */
export function consentModeOf({ consent }: DeliverableEvent) {
  const state = consent?.["marketing"] === true ? "GRANTED" : "DENIED";
  return { ad_user_data: state, ad_personalization: state } as const;
}
