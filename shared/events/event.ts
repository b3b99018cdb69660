import { z } from "zod";
import { jsonObject } from "../problems/validate.ts";

/** Limits of one event. Longer texts of the fields in `truncatedFields` are cut and the cut is reported; other fields are refused. */
export const eventLimits = {
  eventNameChars: 200,
  idChars: 200,
  idempotencyKeyChars: 255,
  propertyDepth: 8,
  propertyCount: 200,
  /** UTF-8 bytes of the event as JSON: a queue message (64 KB) must hold at least one. */
  eventBytes: 32_768,
} as const;

/** Descriptive texts that may be cut without changing what the event says: field → characters kept. */
export const truncatedFields = {
  page_url: 2048,
  page_title: 512,
  referrer: 2048,
  user_agent: 512,
  screen: 32,
  language: 35,
} as const;

const id = z.string().min(1).max(eventLimits.idChars);

/**
 * An event as a sender posts it (spec 3.2). `null` stands for absent. `.nullish()` fields are dropped when null.
 */
export const incomingEvent = z.strictObject({
  event_name: z
    .string()
    .min(1)
    .max(eventLimits.eventNameChars)
    .describe("What happened: `pageview`, `identify` (traits of `user_id` in `event_properties`) or a name of your own."),
  event_properties: jsonObject.nullish().describe("Facts about the event; JSON values, at most 8 levels deep."),
  user_id: id.nullish(),
  anonymous_id: id.nullish(),
  visitor_id: id.nullish(),
  page_url: z.string().min(1).nullish().describe("Absolute URL of the page, or its path."),
  page_title: z.string().nullish(),
  referrer: z.string().nullish(),
  user_agent: z.string().nullish().describe("The visitor's; a site key's default is the header's."),
  screen: z.string().nullish().describe("Such as `1920x1080`."),
  language: z.string().nullish().describe("BCP 47, such as `sv-SE`."),
  occurred_at: z.iso
    .datetime({ offset: true })
    .nullish()
    .describe("Default: now. At most 72 h back and 5 min ahead; outside it is clamped and reported."),
  revenue: z
    .strictObject({ amount: z.number().min(-1e12).max(1e12), currency: z.string().regex(/^[A-Z]{3}$/, "an ISO 4217 code such as EUR") })
    .nullish(),
  idempotency_key: z.string().min(1).max(eventLimits.idempotencyKeyChars).nullish(),
  consent: z
    .record(z.string().max(64), z.boolean())
    .nullish()
    .describe("The sender's claim per category; it may only narrow what the stored record allows."),
  context: z
    .strictObject({
      ip: z.union([z.ipv4(), z.ipv6()]).nullish().describe("The visitor's address, honoured only from API keys; never stored."),
      visitor_id: id.nullish(),
      do_not_track: z.boolean().nullish().describe("The visitor's `DNT`, from a server that speaks for the visitor."),
      global_privacy_control: z.boolean().nullish().describe("The visitor's `Sec-GPC`, likewise."),
    })
    .nullish(),
  config_id: z.string().min(1).max(64).nullish().describe("Addresses one config instead of all active ones."),
});
export type IncomingEvent = z.infer<typeof incomingEvent>;

/** What of an event is kept and delivered. Times are ISO 8601 in UTC with milliseconds. */
export interface EventContent {
  readonly event_name: string;
  readonly event_properties?: Readonly<Record<string, unknown>>;
  readonly user_id?: string;
  readonly anonymous_id?: string;
  readonly visitor_id?: string;
  readonly page_url?: string;
  readonly page_title?: string;
  readonly referrer?: string;
  readonly user_agent?: string;
  readonly screen?: string;
  readonly language?: string;
  readonly occurred_at: string;
  readonly revenue?: { readonly amount: number; readonly currency: string };
  readonly consent?: Readonly<Record<string, boolean>>;
  /** What the visitor's browser said in its headers, when it said yes (spec 4.5). */
  readonly do_not_track?: true;
  readonly global_privacy_control?: true;
  /** Tells the visitors of a UTC day apart without cookies (spec 6.2): made by us, and shown to nobody. */
  readonly visitor_hash?: string;
}

/** What is kept of an event beside its content. Holds no IP address. */
export interface KeptEvent extends EventContent {
  readonly id: string;
  readonly provider?: string;
  readonly config_id?: string;
}

/** The document of an event with an idempotency key, which is also the record of that key: its `id` follows from tenant and key. */
export interface EventDocument extends KeptEvent {
  readonly pk: string;
  readonly tenant_id: string;
  /** The queue message that carries the event, and the prefix of its delivery documents. */
  readonly batch_id: string;
  readonly received_at: string;
  /** SHA-256 of what was posted. */
  readonly content_hash: string;
}

/** The document of a batch's events without idempotency keys: one write instead of fifty. Its `id` is the batch's. */
export interface BatchContents {
  readonly id: string;
  readonly pk: string;
  readonly tenant_id: string;
  readonly received_at: string;
  readonly events: readonly KeptEvent[];
}

/** An event on its way to a provider: in queue messages, never stored. `client_ip` is the visitor's (decision 10). */
export interface DeliverableEvent extends EventContent {
  readonly id: string;
  readonly received_at: string;
  readonly client_ip?: string;
}
