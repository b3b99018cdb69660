import { defineProvider } from "../definition.ts";
import { featureFlags } from "./feature-flags.ts";
import { funnels } from "./funnels.ts";
import { mapEvents } from "./map-events.ts";
import { readAnswer } from "./read-answer.ts";
import { credentials, type Settings, settings } from "./settings.ts";
import { verify } from "./verify.ts";

export default defineProvider<Settings>({
  slug: "posthog",
  name: "PostHog",
  settings,
  credentials,
  secretsToSend: ["project_token_ref"],
  // Cookieless mode, the default, keeps no identifier of a visitor; the normal one does (decision 11).
  consent: { requiredByDefault: false, category: "analytics", alwaysRequired: ({ cookieless }) => !cookieless },
  targets: ({ instance_url }) => [instance_url],
  toRequests: mapEvents,
  readAnswer,
  verify,
  featureFlags,
  funnels,
});
