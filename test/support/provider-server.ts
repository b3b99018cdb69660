import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import type { RecordingAnswer, RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { providers } from "../../shared/providers/registry.ts";

/** A request that has come in whole. */
export interface ProviderServerRequest {
  /** When it began (milliseconds since the epoch, by the machine). */
  readonly at: number;
  readonly slug: string;
  /** What stands behind the slug in the base URL of a config. */
  readonly label: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Plays all providers on one port: a config's base URL is `<url>/<slug>/<label>`.
 * @param answer says what a request is answered; `own` is what the provider itself would
 */
export async function startProviderServer(answer: (request: ProviderServerRequest, own: () => RecordingAnswer) => RecordingAnswer) {
  const endpoints = new Map<string, RecordingEndpoints>();
  for (const { slug } of providers) {
    endpoints.set(slug, await recordingEndpoints(slug));
  }
  const server = createServer(async (message, response) => {
    const at = Date.now();
    const body = await readText(message);
    if (body === undefined) {
      return;
    }
    const { method = "GET", headers, url = "/" } = message;
    const [, slug = "", label = "", ...rest] = url.split("?", 1)[0]!.split("/");
    const own = () => endpoints.get(slug)?.answer({ method, path: `/${rest.join("/")}`, headers, body }) ?? { status: 404 };
    const { status, headers: ownHeaders = {}, body: content = {} } = answer({ at, slug, label, url, headers, body }, own);
    const text = typeof content === "string" ? content : JSON.stringify(content);
    response.writeHead(status, ownHeaders).end(status === 204 ? undefined : text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    endpoints,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Nothing when the other side went away before it had said everything. */
async function readText(message: IncomingMessage): Promise<string | undefined> {
  let body = "";
  message.setEncoding("utf8");
  try {
    for await (const chunk of message) {
      body += chunk;
    }
  } catch {
    return undefined;
  }
  return body;
}
