import fc from "fast-check";
import { z } from "zod";
import { isBot } from "../../shared/events/is-bot.ts";
import type { ProviderConfig, ProviderDefinition } from "../../shared/providers/definition.ts";
import { deliverableEvent } from "./arbitrary-event.ts";
import { fieldsThat } from "./schema-fields.ts";

/** A config with any of its switches on or off, of a server that can do all or nothing. */
export function configVariant({ settings }: ProviderDefinition, config: ProviderConfig): fc.Arbitrary<ProviderConfig> {
  const switches = fieldsThat(settings, (schema) => schema instanceof z.ZodBoolean);
  const own = fc.record(Object.fromEntries(switches.map((name) => [name, fc.boolean()])));
  return fc
    .tuple(own, fc.constantFrom({}, { capabilities: { batch: true } }, { capabilities: { batch: false } }))
    .map(([changed, able]) => ({ ...config, ...able, settings: settings.parse({ ...config.settings, ...changed }) }));
}

/** Values of events that must stand in requests only, recognisable wherever they are. */
export const personal = {
  user_id: "marker-user-5d1f",
  anonymous_id: "marker-anonymous-5d1f",
  visitor_id: "marker-visitor-5d1f",
  page_title: "marker title 5d1f",
  user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 marker/5d1f",
} as const;
export const personalAddresses = ["203.0.113.199", "2001:db8::dead:beef:77"] as const;

/** No bot's, and one that a header can say as it is. */
const isBrowsers = (userAgent: string): boolean => /^[\x20-\x7e]*$/.test(userAgent) && ![userAgent, userAgent.trim()].some(isBot);

/** Events as they reach a provider's mapping: what the fan-out keeps back is not among them. */
export const sentEvents = fc.array(
  fc
    .record({
      event: deliverableEvent.filter(({ user_agent = "" }) => isBrowsers(user_agent)),
      marked: fc.subarray(Object.entries(personal)),
      client_ip: fc.constantFrom(undefined, ...personalAddresses),
      consent: fc.constantFrom(undefined, { analytics: true, marketing: false }, { analytics: true, marketing: true }),
    })
    .map(({ event, marked, client_ip, consent }) => ({
      ...event,
      ...Object.fromEntries(marked),
      ...(client_ip === undefined ? {} : { client_ip }),
      ...(consent === undefined ? {} : { consent }),
    })),
  { minLength: 1, maxLength: 5 },
);

/** Freezes a value with everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
