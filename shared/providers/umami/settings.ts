import { z } from "zod";

const path = z
  .string()
  .max(200)
  .regex(/^\/[\w./-]*$/, "a path that begins with /");

/** Umami's own fields of a config. */
export const settings = z.strictObject({
  website_id: z.uuid().describe("The website's id in Umami."),
  instance_url: z
    .url({ protocol: /^https?$/ })
    .default("https://cloud.umami.is")
    .describe("The cloud, or your own server with its base path."),
  share_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("The public page of the statistics, for people; never fetched."),
  enable_custom_events: z.boolean().default(true).describe("Send events other than page views."),
  track_outbound_links: z.boolean().default(true).describe("Send clicks on links to other sites: events named `outbound_link`."),
  send_path: path.default("/api/send").describe("Where the server collects, if its operator renamed it."),
  use_batch: z
    .boolean()
    .default(true)
    .describe("Send several events in one request where the config's verification found that the server takes them; the cloud does not."),
  batch_path: path.default("/api/batch").describe("The batch endpoint, if its operator renamed it."),
});
export type Settings = z.infer<typeof settings>;

const reference = z.string().min(1).max(300).optional();

/** Sending needs no credential; these read statistics back: a key in the cloud, a user on a server of one's own. */
export const credentials = z.strictObject({
  api_key_ref: reference.describe("Reference to a cloud API key."),
  username_ref: reference.describe("Reference to the name of a user, best one that may only view."),
  password_ref: reference.describe("Reference to that user's password."),
});

/** Whether events go to the provider's own cloud, by the address of the config. */
export const isCloud = ({ instance_url }: Settings): boolean => /(^|\.)umami\.is$/.test(new URL(instance_url).hostname);

/** Whether the config allows batches, and its server was found to take them. The cloud refuses them with 405 (umami-software/umami#3488). */
export const sendsBatches = (settings: Settings, capabilities: Readonly<Record<string, boolean>> = {}): boolean =>
  settings.use_batch && capabilities["batch"] === true && !isCloud(settings);
