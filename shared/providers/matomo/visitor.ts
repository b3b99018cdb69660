import { createHash } from "node:crypto";
import type { DeliverableEvent } from "../../events/event.ts";
import { unknownVisitorIp } from "../definition.ts";
import { cutChars } from "../text.ts";
import type { Settings } from "./settings.ts";
import { type Params, textOf } from "./values.ts";

/** `config_browser_lang`, and what the server tells visitors apart by (core/Tracker/Settings.php). */
const languageCharsMax = 20;

/**
 * Who the visitor is. Without an id, the server tells visitors of one day apart by address, browser and language, under a salt that
 * it destroys (core/Tracker/FingerprintSalt.php). The address is always said, or the server would take ours.
 */
export function visitorParams(event: DeliverableEvent, { cookieless }: Settings): Params {
  const { client_ip, user_agent, language, screen } = event;
  return {
    cip: client_ip ?? unknownVisitorIp,
    // Verbatim: the visitor is told apart by it.
    ua: user_agent,
    lang: textOf(cutChars(language ?? "", languageCharsMax)),
    res: /^\d{1,4}x\d{1,4}$/.test(screen ?? "") ? screen : undefined,
    ...(cookieless ? {} : { uid: event.user_id, _id: visitorId(event.anonymous_id) }),
  };
}

/** 16 hexadecimal digits; one that is none becomes its hash. `_id` and not `cid`: a server that forces cookieless counting ignores it. */
function visitorId(anonymousId: string | undefined): string | undefined {
  if (anonymousId === undefined) {
    return undefined;
  }
  const isOne = /^[0-9a-f]{16}$/i.test(anonymousId);
  return isOne ? anonymousId.toLowerCase() : createHash("sha256").update(anonymousId).digest("hex").slice(0, 16);
}
