/** What a provider's documentation says, against which its definition is held. */
export interface ProviderFacts {
  /** Of one request; absent where nobody says so. */
  readonly eventsMax?: number;
  /** Of one request's body. */
  readonly bytesMax?: number;
  /** Whether the same request may pass later. */
  readonly isRetryable: (status: number) => boolean;
  /** Beside 413, statuses after which several events may pass one by one. */
  readonly splitsOn?: readonly number[];
  /** It takes the secret in the URL's query and nowhere else. */
  readonly hasSecretInQuery?: true;
  /** It says yes in the same words when it throws events away. */
  readonly hidesDropped?: true;
}

/** What its own servers and the proxies before them say when something passes by itself. */
const usual = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** By slug. */
export const providerFacts: Readonly<Record<string, ProviderFacts>> = {
  // Measurement Protocol reference, limitations; the secret: transport. Retries are not documented.
  ga4: { eventsMax: 25, bytesMax: 130_000, isRetryable: usual, hasSecretInQuery: true },
  // Batches of its own tracker (matomo-org/matomo#13444); excluded visits count as tracked (plugins/BulkTracking/Tracker/Response.php).
  matomo: { eventsMax: 50, isRetryable: usual, hidesDropped: true },
  // docs/specification.md of opentelemetry-proto, "Failures": these four and no other.
  otlp: { bytesMax: 64 * 1024 * 1024, isRetryable: (status) => [429, 502, 503, 504].includes(status) },
  // lib/plausible_web/controllers/api/external_controller.ex: one event per request.
  plausible: { eventsMax: 1, isRetryable: usual },
  // docs/api/capture: 20 MB for /batch/; retries as its SDKs must do them.
  posthog: { bytesMax: 20_000_000, isRetryable: usual },
  // src/app/api/batch/route.ts has no limit, but handles items one after another before it answers; older servers and the cloud have none.
  umami: { eventsMax: 50, isRetryable: usual, splitsOn: [404, 405] },
};
