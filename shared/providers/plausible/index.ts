import { defineProvider } from "../definition.ts";
import { mapEvents } from "./map-events.ts";
import { readAnswer } from "./read-answer.ts";
import { credentials, type Settings, settings } from "./settings.ts";
import { verify } from "./verify.ts";

export default defineProvider<Settings>({
  slug: "plausible",
  name: "Plausible Analytics",
  settings,
  credentials,
  // It keeps no identifier of a visitor.
  // It has no backdating: a late event would count at the time of its arrival.
  lateAfterSeconds: 3600,
  consent: { requiredByDefault: false, category: "analytics" },
  targets: ({ instance_url }) => [instance_url],
  toRequests: mapEvents,
  readAnswer,
  verify,
});
