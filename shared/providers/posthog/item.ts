import type { DeliverableEvent } from "../../events/event.ts";
import { type Identity, legalId } from "./identity.ts";
import { pageProperties } from "./page-properties.ts";
import type { Settings } from "./settings.ts";

type Properties = Readonly<Record<string, unknown>>;

/** One entry of `batch`. */
export interface Item {
  readonly event: string;
  readonly distinct_id: string;
  /** Removes duplicates there, together with the same time, name and visitor. */
  readonly uuid: string;
  /** As it happened. Without `sent_at` beside it, it is taken as it is. */
  readonly timestamp: string;
  readonly properties: Properties;
}

/** Names that would be read as the item's own fields. */
const itemFields = ["distinct_id", "token", "api_key"];
/** Of the provider's `$` names, those that a sender may set; the others say what only we may say. */
const senderControls: Readonly<Record<string, (value: unknown) => boolean>> = {
  $groups: isObject,
  $set: isObject,
  $set_once: isObject,
  $session_id: (value) => typeof value === "string" && /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(value),
};

/** An event that is neither `identify` nor `alias`. */
export function eventItem(event: DeliverableEvent, identity: Identity, settings: Settings): Item {
  const { event_name, revenue } = event;
  return itemOf(event_name === "pageview" ? "$pageview" : event_name, event, identity.distinctId, {
    ...senderProperties(event.event_properties ?? {}, settings),
    // There is no reserved shape of revenue; tenants name these two as such in their project.
    ...(revenue === undefined ? {} : { revenue: revenue.amount, currency: revenue.currency }),
    ...pageProperties(event),
    ...visitorProperties(event, settings),
    ...(identity.isUser ? {} : { $process_person_profile: false }),
  });
}

/** Traits of a user; what the anonymous id did before becomes the user's. */
export function identifyItem(event: DeliverableEvent, userId: string, settings: Settings): Item {
  const anonymousId = legalId(event.anonymous_id);
  const traits = event.event_properties ?? {};
  return itemOf("$identify", event, userId, {
    ...(anonymousId === undefined || anonymousId === userId ? {} : { $anon_distinct_id: anonymousId }),
    ...(Object.values(traits).every((value) => value === null) ? {} : { $set: traits }),
    ...visitorProperties(event, settings),
  });
}

/** Another id of the same user. */
export const aliasItem = (event: DeliverableEvent, userId: string, alias: string, settings: Settings): Item =>
  itemOf("$create_alias", event, userId, { alias, ...visitorProperties(event, settings) });

const itemOf = (name: string, { id, occurred_at }: DeliverableEvent, distinctId: string, properties: Properties): Item =>
  sendable({
    event: name,
    distinct_id: distinctId,
    uuid: id,
    timestamp: occurred_at,
    properties: { ...properties, $lib: "analytics-gateway", $lib_version: "1.0.0" },
  }) as Item;

/** Without one of the two, the place of our own server would be every visitor's. */
const visitorProperties = ({ client_ip }: DeliverableEvent, { cookieless, send_ip }: Settings): Properties =>
  send_ip && !cookieless && client_ip !== undefined ? { $ip: client_ip } : { $geoip_disable: true };

function senderProperties(properties: Properties, { cookieless }: Settings): Properties {
  const kept = Object.entries(properties).filter(([name, value]) => {
    if (name.startsWith("$")) {
      return !cookieless && Object.hasOwn(senderControls, name) && senderControls[name]!(value);
    }
    return !itemFields.includes(name);
  });
  return Object.fromEntries(kept);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without `null`, and without halves of characters: a strict JSON reader refuses those, and with them the whole batch. */
export function sendable(value: unknown): unknown {
  if (typeof value === "string") {
    return value.toWellFormed();
  }
  if (Array.isArray(value)) {
    return value.filter((one) => one !== null).map(sendable);
  }
  if (typeof value === "object" && value !== null) {
    const kept = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
    return Object.fromEntries(kept.map(([name, one]) => [name.toWellFormed(), sendable(one)]));
  }
  return value;
}
