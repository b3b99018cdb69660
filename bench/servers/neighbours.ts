import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How a config's server behaves; the last part of its base URL. */
const behaviours = {
  well: (response: ServerResponse) => void response.writeHead(202).end("ok"),
  hang: () => undefined,
  "slow-500": (response: ServerResponse) => void setTimeout(() => response.writeHead(500).end(), 3_000),
  reset: (response: ServerResponse) => void response.destroy(),
} as const;
export type Behaviour = keyof typeof behaviours;

/** Servers of configs that are well or sick, in this process; tells which event arrived where, and when. Base URL: `<url>/<label>/<behaviour>`. */
export async function startNeighbours(onEvent: (label: string, name: string, at: number) => void) {
  const server = createServer((message, response) => {
    const at = performance.now();
    const [, label = "", behaviour = "well"] = message.url!.split("/");
    let body = "";
    message.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    message.once("end", () => {
      onEvent(label, /"name":"([^"]*)"/.exec(body)?.[1] ?? "", at);
      behaviours[behaviour as Behaviour](response);
    });
    message.once("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
