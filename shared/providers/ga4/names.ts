import { createHash } from "node:crypto";

/** Characters of a name (Measurement Protocol reference, limitations). */
export const nameCharsMax = { event: 40, param: 40, userProperty: 24 } as const;

/** Measurement Protocol reference, reserved names; those of apps are refused for web streams. */
const reserved: Readonly<Record<keyof typeof nameCharsMax, ReadonlySet<string>>> = {
  event: new Set(
    [
      "ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception app_install app_remove",
      "app_store_refund app_update app_upgrade dynamic_link_app_open dynamic_link_app_update dynamic_link_first_open error",
      "firebase_campaign firebase_in_app_message_action firebase_in_app_message_dismiss firebase_in_app_message_impression",
      "first_open first_visit notification_dismiss notification_foreground notification_open notification_receive",
      "notification_send os_update session_start user_engagement",
      "app_store_subscription_cancel app_store_subscription_convert app_store_subscription_renew",
      "ad_impression in_app_purchase screen_view",
    ].flatMap((line) => line.split(" ")),
  ),
  param: new Set(["firebase_conversion"]),
  userProperty: new Set(["first_open_time", "first_visit_time", "last_deep_link_referrer", "user_id", "first_open_after_install"]),
};
const reservedPrefix = /^(?:_|firebase_|ga_|google_)/;

/** Put before a name that is reserved or begins with no letter. */
const ownPrefix = "app_";

/**
 * A name that GA4 takes. A valid one stays as it is. Otherwise accents go, every run of characters other than letters, digits and
 * underscores becomes one underscore, the ends lose theirs, what is too long is cut, and a reserved name gets `app_` before it, as
 * does one that begins with a digit. A name without a single Latin letter or digit becomes its hash, so that two of them stay apart.
 */
export function fixName(name: string, kind: keyof typeof nameCharsMax): string {
  const charsMax = nameCharsMax[kind];
  const kept = (/^[A-Za-z]\w*$/.test(name) ? name : spellable(name)).slice(0, charsMax);
  const isTaken = reserved[kind].has(kept) || reservedPrefix.test(kept);
  return isTaken || !/^[A-Za-z]/.test(kept) ? (ownPrefix + kept).slice(0, charsMax) : kept;
}

function spellable(name: string): string {
  const latin = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/\W+/g, "_")
    .replace(/^_+|_+$/g, "");
  return latin || createHash("sha256").update(name).digest("hex").slice(0, 8);
}
