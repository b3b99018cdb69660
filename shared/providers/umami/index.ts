import { defineProvider } from "../definition.ts";
import { mapEvents } from "./map-events.ts";
import { readAnswer } from "./read-answer.ts";
import { credentials, type Settings, settings } from "./settings.ts";
import { verify } from "./verify.ts";

export default defineProvider<Settings>({
  slug: "umami",
  name: "Umami",
  settings,
  credentials,
  // Without an id of ours it derives a session from address and user agent, and keeps neither.
  consent: { requiredByDefault: false, category: "analytics" },
  targets: ({ instance_url }) => [instance_url],
  toRequests: mapEvents,
  readAnswer,
  verify,
});
