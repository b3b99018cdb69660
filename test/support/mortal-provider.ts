import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { providers } from "../../shared/providers/registry.ts";

/**
 * All providers as one process that may be killed: what it took is in the file that its argument names before it answers.
 * A config's base URL is `<url>/<slug>/<label>`; each line of the file is a JSON array of label and event name.
 */
const [file = ""] = process.argv.slice(2);
const endpoints = new Map<string, RecordingEndpoints>();
for (const { slug } of providers) {
  endpoints.set(slug, await recordingEndpoints(slug));
}
const server = createServer(async (message, response) => {
  const { method = "GET", headers, url = "/" } = message;
  let body = "";
  message.setEncoding("utf8");
  try {
    for await (const chunk of message) {
      body += chunk;
    }
  } catch {
    // The other side was killed before it had said everything.
    return;
  }
  const [, slug = "", label = "", ...rest] = url.split("?", 1)[0]!.split("/");
  const answer = endpoints.get(slug)?.answer({ method, path: `/${rest.join("/")}`, headers, body }) ?? { status: 404 };
  const lines = (answer.recorded ?? []).map(({ name }) => `${JSON.stringify([label, name])}\n`);
  appendFileSync(file, lines.join(""));
  const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {});
  response.writeHead(answer.status, answer.headers ?? {}).end(answer.status === 204 ? undefined : text);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
process.stdout.write(`carreau listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
