import type { Config } from "../configs/config.ts";
import type { DeliverableEvent } from "../events/event.ts";
import { isBot } from "../events/is-bot.ts";
import type { SuppressedReason } from "../providers/definition.ts";
import { hostOf, isDomainAllowed } from "../tenants/domain.ts";

/** Why an event does not go to a config, or `undefined` when it may. What only the moment of sending can tell is not asked here. */
export function suppressionOf(event: DeliverableEvent, config: Config): SuppressedReason | undefined {
  if (config.status !== "active") {
    return "config_inactive";
  }
  if (event.user_agent === undefined ? config.drop_empty_user_agents : isBot(event.user_agent)) {
    return "bot";
  }
  const host = event.page_url === undefined ? undefined : hostOf(event.page_url);
  if (config.allowed_domains.length > 0 && host !== undefined && !isDomainAllowed(host, config.allowed_domains)) {
    return "domain_not_allowed";
  }
  return undefined;
}

/**
 * Why an event must not be sent now, asked at every attempt. There are no consent records yet, so a config that requires
 * consent sends nothing: fail closed (spec 4.4).
 */
export function suppressionAtSending(config: Config): SuppressedReason | undefined {
  if (config.status !== "active") {
    return "config_inactive";
  }
  return config.require_cookie_consent ? "consent_missing" : undefined;
}
