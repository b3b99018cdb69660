import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { DeliverableEvent } from "../../../shared/events/event.ts";
import type { ProviderRequest } from "../../../shared/providers/definition.ts";
import { mapEvents } from "../../../shared/providers/posthog/map-events.ts";
import recording from "../../../shared/providers/posthog/recording.ts";
import { settings } from "../../../shared/providers/posthog/settings.ts";
import { deliverableEvent } from "../../support/arbitrary-event.ts";

const secrets = { project_token_ref: "phc_example" };

/** Senders' events, with the provider's own names among events, ids and properties. */
const hostileEvent = fc
  .record({
    event: deliverableEvent,
    name: fc.option(fc.constantFrom("$identify", "alias", "$create_alias", "$set", "$groupidentify", "$pageview", " ")),
    ids: fc.record(
      { user_id: fc.constantFrom("user-42", "NULL", "0"), anonymous_id: fc.constantFrom("anon-7", "guest") },
      { requiredKeys: [] },
    ),
    properties: fc.dictionary(
      fc.constantFrom(
        "$ip",
        "$set",
        "$groups",
        "$session_id",
        "$anon_distinct_id",
        "$process_person_profile",
        "$lib",
        "distinct_id",
        "token",
        "half\ud800",
      ),
      fc.oneof(fc.constantFrom<unknown>("user-42", true, null, "\ud800"), fc.constant({ a: null, b: [null, "\udfff"] })),
    ),
  })
  .map(({ event, name, ids, properties }) => ({
    ...event,
    ...ids,
    event_name: name ?? event.event_name,
    event_properties: { ...event.event_properties, ...properties },
  }));

describe("PostHog, whatever is sent", () => {
  it("sends nothing it would refuse or throw away, whatever passes intake", () => {
    fc.assert(
      fc.property(fc.array(hostileEvent, { minLength: 1, maxLength: 5 }), fc.boolean(), fc.boolean(), (events, cookieless, send_ip) => {
        const { requests, settled } = mapEvents(events, { settings: settings.parse({ cookieless, send_ip }), secrets });
        for (const request of requests) {
          expectValid(request, cookieless, events);
          const answer = recording.answer({ method: "POST", path: "/batch/", headers: {}, body: request.body });
          expect([answer?.status, answer?.recorded?.length]).toEqual([200, request.events.length]);
        }
        const places = [...requests.flatMap((request) => request.events), ...settled.map((one) => one.event)].sort((a, b) => a - b);
        expect(places).toEqual(events.map((_, index) => index));
      }),
      { numRuns: 1000 },
    );
  });

  it("says the same in cookieless mode whoever the visitor is", () => {
    fc.assert(
      fc.property(hostileEvent, (sent) => {
        const { user_id, anonymous_id, visitor_id, client_ip, ...nobodys } = sent;
        const config = { settings: settings.parse({ send_ip: true }), secrets };
        expect(mapEvents([sent], config)).toEqual(mapEvents([nobodys as typeof sent], config));
      }),
    );
  });
});

/** What the capture endpoint takes and keeps, from the provider's documentation and not from our mapper. */
const refusedIds =
  /^\s*(|0|anonymous|anonymous-user|backend|distinct_id|distinctid|email|false|guest|id|nan|none|not_authenticated|null|system|true|undefined|user|\[object object\]|0{8}-(0{4}-){3}0{12})\s*$/i;
const distinctId = z
  .string()
  .max(200)
  .refine((text) => !refusedIds.test(text));
const properties = z.looseObject({
  $lib: z.literal("analytics-gateway"),
  $current_url: z.string().optional(),
  $host: z.string().min(1).optional(),
  $pathname: z.string().optional(),
  $screen_width: z.int().optional(),
  $screen_height: z.int().optional(),
  $ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  $geoip_disable: z.literal(true).optional(),
  $process_person_profile: z.literal(false).optional(),
  $set: z.record(z.string(), z.unknown()).optional(),
  $anon_distinct_id: distinctId.optional(),
  distinct_id: z.never().optional(),
  token: z.never().optional(),
  api_key: z.never().optional(),
});
const batch = z.strictObject({
  api_key: z.literal("phc_example"),
  historical_migration: z.literal(false),
  batch: z
    .array(
      z.strictObject({
        event: z.string().min(1).max(200).regex(/\S/),
        distinct_id: distinctId,
        uuid: z.uuid(),
        timestamp: z.iso.datetime(),
        properties,
      }),
    )
    .min(1),
});

function expectValid({ body, headers, events, url }: ProviderRequest, cookieless: boolean, posted: readonly DeliverableEvent[]): void {
  expect(url).toBe("https://eu.i.posthog.com/batch/");
  expect(headers).toEqual({ "content-type": "application/json" });
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(20_000_000);
  const sent: unknown = JSON.parse(body, (name, value: unknown) => {
    expect(value).not.toBe(null);
    expect(name.isWellFormed() && (typeof value !== "string" || value.isWellFormed())).toBe(true);
    return value;
  });
  const items = batch.parse(sent).batch;
  expect(items).toHaveLength(events.length);
  for (const { event, distinct_id, uuid, properties } of items) {
    // Otherwise our own address would place the visitor.
    expect(properties.$ip === undefined).toBe(properties.$geoip_disable === true);
    expect(event !== "$create_alias" || !refusedIds.test(String(properties["alias"]))).toBe(true);
    if (cookieless) {
      expect(distinct_id).toBe(posted.find(({ id }) => id === uuid)?.visitor_hash ?? uuid);
      expect(properties.$process_person_profile).toBe(false);
      expect(["$identify", "$create_alias", "$set", "$groupidentify"]).not.toContain(event);
      expect(properties).not.toHaveProperty("$ip");
      expect(properties).not.toHaveProperty("$anon_distinct_id");
      expect(properties).not.toHaveProperty("$session_id");
      expect(properties).not.toHaveProperty("$set");
    }
  }
}
