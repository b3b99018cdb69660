import { defineProvider } from "../definition.ts";
import { mapEvents } from "./map-events.ts";
import { readAnswer } from "./read-answer.ts";
import { credentials, hoursMax, type Settings, settings } from "./settings.ts";
import { verify } from "./verify.ts";

export default defineProvider<Settings>({
  slug: "ga4",
  name: "Google Analytics 4",
  settings,
  credentials,
  secretsToSend: ["api_secret_ref"],
  lateAfterSeconds: hoursMax * 3600,
  // Its client id lasts.
  consent: { requiredByDefault: true, category: "analytics" },
  targets: ({ instance_url }) => (instance_url === undefined ? [] : [instance_url]),
  toRequests: mapEvents,
  readAnswer,
  verify,
});
