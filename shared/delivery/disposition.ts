import type { Config } from "../configs/config.ts";
import { filteredBy } from "../configs/filter.ts";
import { isDeliverable } from "../configs/lifecycle.ts";
import type { DeliverableEvent } from "../events/event.ts";
import { isBot } from "../events/is-bot.ts";
import type { SuppressedReason } from "../providers/definition.ts";
import { hostOf, isDomainAllowed } from "../tenants/domain.ts";

/** Why an event does not go to a config, or `undefined` when it may. What only the moment of sending can tell is not asked here. */
export function suppressionOf(event: DeliverableEvent, config: Config): SuppressedReason | undefined {
  if (!isDeliverable(config.status)) {
    return "config_inactive";
  }
  if (event.user_agent === undefined ? config.drop_empty_user_agents : isBot(event.user_agent)) {
    return "bot";
  }
  const host = event.page_url === undefined ? undefined : hostOf(event.page_url);
  if (config.allowed_domains.length > 0 && host !== undefined && !isDomainAllowed(host, config.allowed_domains)) {
    return "domain_not_allowed";
  }
  if (config.filter && filteredBy(config.filter, event) !== undefined) {
    return "filtered";
  }
  return undefined;
}

/** Why an event comes too late for a config (spec 5.11), or `undefined` when it doesn't. Asked at every attempt. */
export function lateness(event: DeliverableEvent, config: Config, now: number): string | undefined {
  return now >= lateFrom(event, config) ? `not sent within ${config.late_after_seconds} s of when it happened` : undefined;
}

/** The first moment at which an event comes too late for a config (milliseconds since the epoch); infinity where it never does. */
export function lateFrom({ occurred_at }: DeliverableEvent, { late_after_seconds }: Config): number {
  return typeof late_after_seconds === "number" ? Date.parse(occurred_at) + late_after_seconds * 1000 + 1 : Number.POSITIVE_INFINITY;
}
