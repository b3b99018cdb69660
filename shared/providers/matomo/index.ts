import { defineProvider } from "../definition.ts";
import { mapEvents } from "./map-events.ts";
import { readAnswer } from "./read-answer.ts";
import { credentials, type Settings, settings } from "./settings.ts";
import { verify } from "./verify.ts";

export default defineProvider<Settings>({
  slug: "matomo",
  name: "Matomo",
  settings,
  credentials,
  secretsToSend: ["token_auth_ref"],
  // Events may come late: with the token they count when they happened, and the salts that tell a day's visitors apart last five days.
  // Cookieless mode, the default, sends no identifier that lasts.
  consent: { requiredByDefault: false, category: "analytics", alwaysRequired: ({ cookieless }) => !cookieless },
  targets: ({ instance_url }) => [instance_url],
  toRequests: mapEvents,
  readAnswer,
  verify,
});
