import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { providers } from "../../shared/providers/registry.ts";

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
  const endpoints = new Map<string, RecordingEndpoints>();
  for (const { slug } of providers) {
    endpoints.set(slug, await recordingEndpoints(slug));
  }
  const requests: TappedRequest[] = [];
  const server = createServer(async (message, response) => {
    const at = Date.now();
    const { method = "GET", headers, url = "/" } = message;
    let body = "";
    message.setEncoding("utf8");
    try {
      for await (const chunk of message) {
        body += chunk;
      }
    } catch {
      // The other side went away before it had said everything.
      return;
    }
    const [, provider = "", config = "", ...rest] = url.split("?", 1)[0]!.split("/");
    requests.push({ provider, config, at, text: `${url}\n${JSON.stringify(headers)}\n${body}` });
    const answer = fail()
      ? { status: 503 }
      : (endpoints.get(provider)?.answer({ method, path: `/${rest.join("/")}`, headers, body }) ?? { status: 404 });
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {});
    response.writeHead(answer.status, answer.headers ?? {}).end(answer.status === 204 ? undefined : text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    endpoints,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
