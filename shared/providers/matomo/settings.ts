import { z } from "zod";

/** Matomo's own fields of a config. */
export const settings = z.strictObject({
  site_id: z.int().min(1).max(4_294_967_295).describe("The website's number in Matomo (`idSite`)."),
  instance_url: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .regex(/^[^?#]*$/, "a URL without query and fragment")
    .regex(/^(?!.*\.php\/?$)/, "the folder that matomo.php is in")
    .describe("Your server with its base path, or your address in the cloud (`https://club.matomo.cloud`)."),
  site_url: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .optional()
    .describe("Where the site is: makes addresses of pages that are known by their path only, which Matomo does not take."),
  cookieless: z
    .boolean()
    .default(true)
    .describe("Send no identifier that lasts. Without it, users and anonymous ids are sent, and visitors must have consented."),
  enable_custom_events: z.boolean().default(true).describe("Send events other than page views."),
  event_category: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .default("Events")
    .describe("Category of events that have no property `category`; Matomo wants one."),
  track_outbound_links: z.boolean().default(true).describe("Send clicks on links to other sites: events named `outbound_link`."),
  enable_ecommerce: z.boolean().default(true).describe("Send events with revenue and a property `order_id` as orders."),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "an ISO 4217 code such as EUR")
    .optional()
    .describe("The website's currency in Matomo, which has one per website: revenue in another one is not sent."),
  custom_dimensions: z
    .record(z.string().min(1).max(200), z.int().min(1).max(999))
    .default({})
    .describe("Names of event properties, and the number of the custom dimension that takes each."),
});
export type Settings = z.infer<typeof settings>;

/**
 * Sending needs the token: only with it may an address (`cip`) and a time of more than a day ago (`cdt`) be said. Without it, Matomo
 * would count every visitor at the gateway's own address.
 */
export const credentials = z.strictObject({
  token_auth_ref: z
    .string()
    .min(1)
    .max(300)
    .describe("Reference to the `token_auth` of a user who may write to this website, and better not more."),
});

/** The token that goes into every body, or `undefined` when the secret can't be one. */
export function authToken(secrets: Readonly<Record<string, string>>): string | undefined {
  const token = secrets["token_auth_ref"]?.trim() ?? "";
  return /^[\x21-\x7e]{1,200}$/.test(token) ? token : undefined;
}
