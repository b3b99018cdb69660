import { mapEvents } from "../../shared/providers/ga4/map-events.ts";
import { settings } from "../../shared/providers/ga4/settings.ts";

export const secrets = { api_secret_ref: "test-secret" };
export const credentials = { measurement_id: "G-ABC123DEF4", api_secret_ref: "ga4-api-secret" };

/** An event on its way out, with fields of the test's own. */
export const event = (fields: object) =>
  ({
    id: "event-1",
    event_name: "signup",
    occurred_at: "2026-03-01T10:00:00.000Z",
    received_at: "2026-03-01T10:00:01.000Z",
    ...fields,
  }) as never;

/** Maps events with settings of the test's own. */
export const map = (events: object[], own: object = {}, identifiers: object = {}) =>
  mapEvents(events.map(event), { settings: settings.parse(own), credentials: { ...credentials, ...identifiers }, secrets });
