import { z } from "zod";

/** PostHog's own fields of a config. */
export const settings = z.strictObject({
  instance_url: z
    .url({ protocol: /^https?$/ })
    .default("https://eu.i.posthog.com")
    .describe("The EU or US cloud (`https://us.i.posthog.com`), or your own server. A project exists in one region only."),
  project_id: z
    .string()
    .regex(/^\d{1,19}$/, "the project's number")
    .optional()
    .describe("The project's number; sending events does not need it."),
  cookieless: z
    .boolean()
    .default(true)
    .describe("Send no identifier that lasts. Without it, users and anonymous ids are sent, and visitors must have consented."),
  send_ip: z.boolean().default(false).describe("Send the visitor's address, for geography; never in cookieless mode."),
  enable_feature_flags: z
    .boolean()
    .default(false)
    .describe(
      "Let flags of this project be evaluated. In cookieless mode a visitor is known there by a hash that changes every day (UTC), so an assignment lasts a day. Without it the id is sent as given, and whoever asks must have the visitor's consent.",
    ),
  enable_funnels: z
    .boolean()
    .default(false)
    .describe(
      "Let funnels of this project be read; takes project_id and a personal API key. In cookieless mode nothing links a visitor's events, so nobody gets past a funnel's first step but with events from elsewhere.",
    ),
});
export type Settings = z.infer<typeof settings>;

const reference = z.string().min(1).max(300);

export const credentials = z.strictObject({
  project_token_ref: reference.describe("Reference to the project token (`phc_…`), which may only write."),
  personal_api_key_ref: reference
    .optional()
    .describe("Reference to a personal API key (`phx_…`) with the scope `query:read`, to read funnels."),
});

/** The token that goes into every body, or `undefined` when the secret is none: a private key must not be sent in its place. */
export function projectToken(secrets: Readonly<Record<string, string>>): string | undefined {
  const token = secrets["project_token_ref"]?.trim() ?? "";
  return token === "" || /\s/.test(token) || /^ph[xs]_/.test(token) ? undefined : token;
}

/** Where events go. The cloud takes them on other hosts than the ones that people see in their browser. */
export function ingestionUrl({ instance_url }: Settings): string {
  const region = /^(us|eu)\.posthog\.com$/.exec(new URL(instance_url).hostname)?.[1];
  return region === undefined ? instance_url : `https://${region}.i.posthog.com`;
}

/** Where projects are read: the cloud answers that on the hosts that people see in their browser only. */
export function privateUrl({ instance_url }: Settings): string {
  const region = /^(us|eu)\.i\.posthog\.com$/.exec(new URL(instance_url).hostname)?.[1];
  return region === undefined ? instance_url : `https://${region}.posthog.com`;
}

/** The key that reads back, or `undefined` when the secret is none: the project token may only write. */
export function personalKey(secrets: Readonly<Record<string, string>>): string | undefined {
  const key = secrets["personal_api_key_ref"]?.trim() ?? "";
  return /^[\x21-\x7e]+$/.test(key) && !key.startsWith("phc_") ? key : undefined;
}
