import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import { configSettings, storedSettings } from "../../shared/configs/config.ts";
import type { DeliverableEvent } from "../../shared/events/event.ts";
import type { ProviderAnswer, ProviderConfig, ProviderDefinition, ProviderRequest } from "../../shared/providers/definition.ts";
import type { RecordingAnswer } from "../../shared/providers/recording-endpoint.ts";
import { findProvider } from "../../shared/providers/registry.ts";

/** A page view by a visitor who agreed to everything. */
export const examplePageView: DeliverableEvent = {
  id: "0192f0c1-2a5c-7b64-8f57-5c5f0d3c9a01",
  event_name: "pageview",
  page_url: "https://shop.example/",
  user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  anonymous_id: "anon-7",
  client_ip: "203.0.113.7",
  consent: { analytics: true, marketing: true },
  occurred_at: "2026-03-01T10:00:00.000Z",
  received_at: "2026-03-01T10:00:01.000Z",
};

/**
 * The example config of a provider as the dispatcher hands it over, pointing at a recording server with this base URL. `own` are
 * settings beside the example's.
 */
export async function exampleConfig(definition: ProviderDefinition, baseUrl: string, own: object = {}): Promise<ProviderConfig> {
  const { exampleSettings, exampleSecrets = {} } = await recordingEndpoints(definition.slug);
  const { settings, credentials } = storedSettings(configSettings(definition).parse({ ...exampleSettings(baseUrl), ...own }), definition);
  const names = [...(definition.secretsToSend ?? []), ...(definition.optionalSecretsToSend ?? [])];
  const known = names.filter((name) => credentials[name] !== undefined);
  return { settings, credentials, secrets: Object.fromEntries(known.map((name) => [name, exampleSecrets[credentials[name]!]!])) };
}

/** What the gateway would send of a page view to a provider at a recording provider. */
export async function firstRequest(slug: string, recordingUrl: string): Promise<ProviderRequest> {
  const definition = findProvider(slug)!;
  const { requests } = definition.toRequests([examplePageView], await exampleConfig(definition, `${recordingUrl}/${slug}`));
  return requests[0]!;
}

/** A recording server's answer as a definition gets it to read. */
export const providerAnswer = ({ status, headers = {}, body = "" }: RecordingAnswer): ProviderAnswer => ({
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
});
