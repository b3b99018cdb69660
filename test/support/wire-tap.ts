import { startProviderServer } from "./provider-server.ts";

/** Everything that a provider's socket was sent in one request. */
export interface TappedRequest {
  readonly provider: string;
  /** What follows the provider's name in the path, up to the next slash: which of several configs. */
  readonly config: string;
  /** Milliseconds since the epoch by the machine. */
  readonly at: number;
  /** Path with query, headers and body. */
  readonly text: string;
}

/**
 * Providers that keep every byte they are sent, and otherwise answer as they do, unless `fail` says that this time they don't. The base
 * URL of a provider's config is `<url>/<slug>/<any name>`.
 */
export async function startWireTap(fail: () => boolean) {
  const requests: TappedRequest[] = [];
  const server = await startProviderServer(({ at, slug, label, url, headers, body }, own) => {
    requests.push({ provider: slug, config: label, at, text: `${url}\n${JSON.stringify(headers)}\n${body}` });
    return fail() ? { status: 503 } : own();
  });
  return { ...server, requests };
}
