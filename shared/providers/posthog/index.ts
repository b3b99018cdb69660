import type { DeliverableEvent } from "../../events/event.ts";
import { defineProvider, type Mapping } from "../definition.ts";
import { mapEvents } from "./map-events.ts";
import { readAnswer } from "./read-answer.ts";
import { credentials, type Settings, settings } from "./settings.ts";

export default defineProvider<Settings>({
  slug: "posthog",
  name: "PostHog",
  settings,
  credentials,
  secretsToSend: ["project_token_ref"],
  // Of the default, cookieless mode, which keeps no identifier of a visitor.
  consent: { requiredByDefault: false, category: "analytics" },
  targets: ({ instance_url }) => [instance_url],
  toRequests: (events, config) => (config.settings.cookieless ? mapEvents(events, config) : withoutConsent(events)),
  readAnswer,
});

/**
 * The normal mode sends identifiers that last, and needs the visitor's consent whatever the config's common settings say
 * (decision 11). That rule depends on a provider's own setting, and no consent is known where events are mapped: fail closed.
 */
const withoutConsent = (events: readonly DeliverableEvent[]): Mapping => ({
  requests: [],
  settled: events.map((_, event) => ({
    event,
    verdict: {
      verdict: "suppressed",
      reason: "consent_missing",
      detail: "identifiers are sent with consent only; cookieless mode needs none",
    },
  })),
});
