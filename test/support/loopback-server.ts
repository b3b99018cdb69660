import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Certificate } from "./self-signed-certificate.ts";

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A real HTTP or HTTPS server on 127.0.0.1 and what it saw. */
export interface LoopbackServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or https with a certificate. */
  readonly origin: string;
  readonly requests: readonly ReceivedRequest[];
  /** How many TCP connections were made, and how many of them are open. */
  readonly connections: { readonly made: number; readonly open: number };
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server on a free port. `answer` is called when a request has arrived completely; it may also leave it without an answer. */
export async function startLoopbackServer(
  answer: (response: http.ServerResponse, request: ReceivedRequest) => void,
  certificate?: Certificate,
): Promise<LoopbackServer> {
  const requests: ReceivedRequest[] = [];
  const open = new Set<Socket>();
  let made = 0;
  let onIdle = () => {};

  const listener: http.RequestListener = (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
      requests.push(request);
      answer(response, request);
    });
    incoming.on("error", () => {});
    response.on("error", () => {});
  };
  const server = certificate ? https.createServer({ ...certificate }, listener) : http.createServer(listener);
  server.on("connection", (socket: Socket) => {
    made += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(socket);
      if (open.size === 0) onIdle();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    port,
    origin: `${certificate ? "https" : "http"}://127.0.0.1:${port}`,
    requests,
    get connections() {
      return { made, open: open.size };
    },
    idle: () =>
      new Promise((resolve) => {
        if (open.size === 0) resolve();
        else onIdle = resolve;
      }),
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, "close");
    },
  };
}
