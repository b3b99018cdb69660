import { defineProvider } from "../definition.ts";
import { mapEvents } from "./map-events.ts";
import { readAnswer } from "./read-answer.ts";
import { credentials, type Settings, settings } from "./settings.ts";

export default defineProvider<Settings>({
  slug: "ga4",
  name: "Google Analytics 4",
  settings,
  credentials,
  secretsToSend: ["api_secret_ref"],
  // Google moves what is older than 72 h to 72 h ago: a wrong day, without a word.
  lateAfterSeconds: 72 * 3600,
  // Its client id lasts.
  consent: { requiredByDefault: true, category: "analytics" },
  targets: ({ instance_url }) => (instance_url === undefined ? [] : [instance_url]),
  toRequests: mapEvents,
  readAnswer,
});
