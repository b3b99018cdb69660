import { z } from "zod";

const domain = "([a-z0-9_-]+\\.)*[a-z0-9_-]+(/[^\\s,]*)?";

/** Plausible's own fields of a config. */
export const settings = z.strictObject({
  site_id: z
    .string()
    .trim()
    .max(1000)
    .regex(new RegExp(`^${domain}(,${domain})*$`, "i"), "the site's domain as registered, or several with commas between them")
    .describe("The site as registered; several with commas send each event to all of them (roll-up)."),
  instance_url: z
    .url({ protocol: /^https?$/ })
    .default("https://plausible.io")
    .describe("The cloud, or your own server."),
  enable_custom_events: z.boolean().default(true).describe("Send events other than page views."),
  enable_revenue_tracking: z.boolean().default(true).describe("Send `revenue`; counts where a revenue goal has the event's name."),
});
export type Settings = z.infer<typeof settings>;

/** Sending needs no credential; the key reads statistics back and proves that the site is ours. */
export const credentials = z.strictObject({ api_key_ref: z.string().min(1).max(300).optional().describe("Reference to a stats API key.") });
