import { defineProvider } from "../definition.ts";
import { mapEvents } from "./map-events.ts";
import { readAnswer } from "./read-answer.ts";
import { credentials, type Settings, settings } from "./settings.ts";
import { verify } from "./verify.ts";

export default defineProvider<Settings>({
  slug: "otlp",
  name: "OpenTelemetry logs",
  settings,
  credentials,
  optionalSecretsToSend: ["authorization_ref"],
  // Records say nothing of who a visitor is.
  consent: { requiredByDefault: false, category: "analytics" },
  targets: ({ endpoint }) => [endpoint],
  toRequests: mapEvents,
  readAnswer,
  verify,
});
