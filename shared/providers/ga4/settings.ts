import { z } from "zod";

const digits = z.string().regex(/^\d{1,19}$/, "a number as Google Analytics shows it");

/** GA4's own fields of a config. */
export const settings = z.strictObject({
  region: z.enum(["eu", "global"]).default("eu").describe("Where Google collects: `eu` keeps collection inside the EU."),
  instance_url: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .regex(/^[^?#]*$/, "a URL without query and fragment")
    .optional()
    .describe("A server-side tagging container of your own instead of Google's host of the region."),
  property_id: digits.optional().describe("The property's number, to read back; sending does not use it."),
  data_stream_id: digits.optional().describe("The data stream's number, to verify the API secret; sending does not use it."),
  anonymize_ip: z.boolean().default(true).describe("Send no address of the visitor. Without it, Google gets the address, for geography."),
  send_user_agent: z.boolean().default(false).describe("Send the visitor's user agent, for reports by device and browser."),
  enable_enhanced_measurement: z
    .boolean()
    .default(true)
    .describe(
      "Send what enhanced measurement calls its own beside page views: scrolls, outbound clicks, site search, video, downloads, forms. " +
        "Switch it off where a Google tag on the page measures them already.",
    ),
  enable_ecommerce: z.boolean().default(true).describe("Send e-commerce events, revenue and items."),
  debug_mode: z
    .boolean()
    .default(false)
    .describe("Let Google validate events instead of collecting them: nothing is counted, its messages stand in the outcome."),
});
export type Settings = z.infer<typeof settings>;

const reference = z.string().min(1).max(300);

export const credentials = z.strictObject({
  measurement_id: z
    .string()
    .max(20)
    .regex(/^G-[A-Z0-9]+$/, "the web data stream's id, such as G-ABC123DEF4")
    .describe("The web data stream's id."),
  api_secret_ref: reference.describe("Reference to a Measurement Protocol API secret of the data stream."),
  service_account_json_ref: reference
    .optional()
    .describe("Reference to a service account's key, to verify and read back; sending does not use it."),
});

const hosts = { eu: "https://region1.google-analytics.com", global: "https://www.google-analytics.com" } as const;

/** Google moves what is older to 72 h ago: a wrong day, without a word. */
export const hoursMax = 72;

/** The data stream that events go to; a saved config always has it. */
export const measurementId = (credentials: Readonly<Record<string, string>> = {}): string => credentials["measurement_id"] ?? "";

/** The base URL that events go to. */
export const collectionUrl = ({ instance_url, region }: Settings): string => instance_url ?? hosts[region];

/** Path of the endpoint that validates and keeps nothing; it may stand under a base path. */
export const debugPath = "/debug/mp/collect";
export const collectPath = "/mp/collect";

/** The secret that goes into every URL, or `undefined` when it can't be one: Google answers 204 to a wrong one as well. */
export function apiSecret(secrets: Readonly<Record<string, string>>): string | undefined {
  const secret = secrets["api_secret_ref"]?.trim() ?? "";
  return /^[\x21-\x7e]{1,200}$/.test(secret) ? secret : undefined;
}
