import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ProviderRequest } from "../../../../shared/providers/definition.ts";
import { mapEvents } from "../../../../shared/providers/matomo/map-events.ts";
import recording from "../../../../shared/providers/matomo/recording.ts";
import { settings } from "../../../../shared/providers/matomo/settings.ts";
import { deliverableEvent } from "../../../support/arbitrary-event.ts";

const token = recording.exampleSecrets!["matomo-token-auth"]!;
const secrets = { token_auth_ref: token };
const own = (fields: object) =>
  settings.parse({ site_id: 1, instance_url: "https://analytics.example", site_url: "https://shop.example", ...fields });

/** Senders' events, with the provider's own words among names and properties, and values that PHP takes for nothing. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    "0",
    0,
    "",
    " \0\n",
    "\ud800",
    null,
    true,
    -1,
    0.1 + 0.2,
    1e300,
    5e-324,
    "https://partner.example/é",
    "x".repeat(5_000),
  ),
  fc.constant([{ item_id: "B-12", price: 1 / 3, quantity: 70_000 }, { sku: 7, quantity: -1 }, { item_id: "0" }, null, "B-12"]),
  fc.string({ unit: "grapheme", maxLength: 400 }),
);
const hostileEvent = fc
  .record({
    event: deliverableEvent,
    name: fc.option(fc.constantFrom("outbound_link", "file_download", "search", "Purchase", "0", " \0")),
    ids: fc.record({ user_id: fc.string({ minLength: 1, maxLength: 200 }), anonymous_id: fc.constantFrom("anon-7", "AF344A398DF83874") }),
    properties: fc.dictionary(
      fc.constantFrom(
        "url",
        "search_term",
        "results",
        "order_id",
        "items",
        "tax",
        "category",
        "name",
        "value",
        "plan",
        "token_auth",
        "cip",
        "__proto__",
      ),
      value,
    ),
  })
  .map(({ event, name, ids, properties }) => ({
    ...event,
    ...ids,
    event_name: name ?? event.event_name,
    event_properties: { ...event.event_properties, ...properties },
  }));
const config = fc.record({
  cookieless: fc.boolean(),
  enable_ecommerce: fc.boolean(),
  enable_custom_events: fc.boolean(),
  currency: fc.constantFrom("EUR", undefined),
  custom_dimensions: fc.constantFrom({}, { plan: 3, items: 4 }),
});

describe("Matomo, whatever is sent", () => {
  it("sends nothing it would refuse, cut or take for something else, whatever passes intake", () => {
    fc.assert(
      fc.property(fc.array(hostileEvent, { minLength: 1, maxLength: 5 }), config, (events, fields) => {
        const { requests, settled, adjustments = [] } = mapEvents(events, { settings: own(fields), secrets });
        for (const request of requests) {
          expectValid(request, fields.cookieless);
          const answer = recording.answer({ method: "POST", path: "/matomo.php", headers: {}, body: request.body });
          expect(answer).toMatchObject({ status: 200, body: { status: "success", tracked: request.events.length, invalid: 0 } });
          const times = request.events.map((index) => Date.parse(events[index]!.occurred_at));
          expect(times).toEqual([...times].sort((a, b) => a - b));
        }
        const sent = requests.flatMap((request) => request.events);
        expect([...sent, ...settled.map((one) => one.event)].sort((a, b) => a - b)).toEqual(events.map((_, index) => index));
        expect(adjustments.every(({ event, pointer }) => sent.includes(event) && pointer.startsWith("/"))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("says the same in cookieless mode whoever the visitor is", () => {
    fc.assert(
      fc.property(hostileEvent, (sent) => {
        const { user_id, anonymous_id, visitor_id, ...nobodys } = sent;
        const cookieless = { settings: own({}), secrets };
        expect(mapEvents([sent], cookieless)).toEqual(mapEvents([nobodys as typeof sent], cookieless));
      }),
    );
  });
});

/** What a tracking request may say and how, from the reference and the database's columns, not from our mapper. */
const text = z
  .string()
  .min(1)
  .refine((said) => said === said.trim() && !/\p{Cc}/u.test(said) && Buffer.byteLength(said) <= 1024);
/** PHP's `empty()`. */
const something = text.refine((said) => said !== "0");
const address = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .regex(/^[a-z][a-z\d+.-]*:\/\/[\x21-\x7e]+$/i);
/** PHP spells a number with 14 digits and compares. */
const number = z.string().refine((said) => said !== "" && String(Number(Number(said).toPrecision(14))) === said);
const pieces = z.int().min(1).max(65_535);
const tracking = z
  .strictObject({
    idsite: z.literal("1"),
    rec: z.literal("1"),
    apiv: z.literal("1"),
    cip: z.union([z.ipv4(), z.ipv6()]),
    cdt: z.string().regex(/^1[67]\d{8}$/),
    url: address(4096).optional(),
    urlref: address(1500).optional(),
    action_name: something.optional(),
    ua: z.string().min(1).optional(),
    lang: something.max(20).optional(),
    res: z
      .string()
      .regex(/^\d+x\d+$/)
      .max(9)
      .optional(),
    uid: z.string().min(1).max(200).optional(),
    _id: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .optional(),
    ca: z.literal("1").optional(),
    e_c: something.optional(),
    e_a: something.optional(),
    e_n: something.optional(),
    e_v: number.optional(),
    link: address(4096).optional(),
    download: address(4096).optional(),
    search: something.optional(),
    search_cat: something.optional(),
    search_count: z.string().regex(/^\d+$/).optional(),
    idgoal: z.literal("0").optional(),
    ec_id: something.max(100).optional(),
    revenue: number.optional(),
    ec_st: number.optional(),
    ec_tx: number.optional(),
    ec_sh: number.optional(),
    ec_dt: number.optional(),
    ec_items: z.string().optional(),
    dimension3: text.max(250).optional(),
    dimension4: text.max(250).optional(),
  })
  // Exactly one thing happened: a page view says where, an event has category and action, an order id and total.
  .refine(({ link, download, search, e_a, idgoal, ca }) => {
    const kinds = [link, download, search, e_a, idgoal].filter((one) => one !== undefined);
    return kinds.length === (ca === undefined ? 0 : 1);
  })
  .refine(({ ca, url }) => ca !== undefined || url !== undefined)
  .refine(({ e_c, e_a }) => (e_c === undefined) === (e_a === undefined))
  .refine(({ idgoal, ec_id, revenue }) => [ec_id, revenue].every((one) => (one === undefined) === (idgoal === undefined)));
const items = z
  .array(z.tuple([something, z.union([something, z.literal("")]), z.union([something, z.literal("")]), z.number(), pieces]))
  .min(1)
  .refine((all) => pieces.safeParse(all.reduce((sum, [, , , , quantity]) => sum + quantity, 0)).success);
const body = z.strictObject({ requests: z.array(z.string().regex(/^\?/)).min(1).max(50), token_auth: z.literal(token) });

function expectValid({ body: sent, headers, events, url, method }: ProviderRequest, cookieless: boolean): void {
  expect([method, url]).toEqual(["POST", "https://analytics.example/matomo.php"]);
  expect(headers).toEqual({ "content-type": "application/json", "user-agent": "" });
  const { requests } = body.parse(JSON.parse(sent));
  expect(requests).toHaveLength(events.length);
  for (const query of requests) {
    const said = tracking.parse(Object.fromEntries(new URLSearchParams(query)));
    if (said.ec_items !== undefined) {
      items.parse(JSON.parse(said.ec_items));
    }
    expect(said).not.toHaveProperty("cid");
    expect(cookieless && (said.uid ?? said._id) !== undefined).toBe(false);
  }
}
