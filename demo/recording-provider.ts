import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RecordedEvent, RecordingAnswer, RecordingEndpoints } from "../shared/providers/recording-endpoint.ts";
import { providers } from "../shared/providers/registry.ts";

/** What a provider got, newest last. */
export interface Received extends RecordedEvent {
  readonly provider: string;
  readonly at: string;
}

/** How the provider misbehaves until the fault is taken back. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" };

export interface RecordingProvider {
  /** A provider's base URL is `<url>/<slug>`. */
  readonly url: string;
  readonly received: readonly Received[];
  /** Events taken since the start, by provider, also those no longer kept. */
  readonly totals: Readonly<Record<string, number>>;
  /** Requests since the start, by provider. */
  readonly requests: Readonly<Record<string, number>>;
  setFault(provider: string, fault: Fault | undefined): void;
  /** Calls back for every event taken from now on. */
  onReceived(listener: (event: Received) => void): void;
  clear(): void;
  close(): Promise<void>;
}

/**
 * A server on this machine that answers as the providers do and keeps what it received: for the demo, tests and
 * measurements. `GET /` is a page, `GET /received` JSON, `PUT /faults/<slug>` takes a `Fault` (or `null`).
 */
export async function startRecordingProvider({ port = 0, keptMax = 10_000 } = {}): Promise<RecordingProvider> {
  const endpoints = new Map<string, RecordingEndpoints>();
  for (const { slug } of providers) {
    const module = (await import(`../shared/providers/${slug}/recording.ts`)) as { default: RecordingEndpoints };
    endpoints.set(slug, module.default);
  }
  let received: Received[] = [];
  const totals: Record<string, number> = {};
  const requests: Record<string, number> = {};
  const faults = new Map<string, Fault>();
  const listeners: ((event: Received) => void)[] = [];

  const keep = (provider: string, events: readonly RecordedEvent[]) => {
    const at = new Date().toISOString();
    totals[provider] = (totals[provider] ?? 0) + events.length;
    for (const event of events) {
      const one = { provider, at, ...event };
      received.push(one);
      for (const listener of listeners) {
        listener(one);
      }
    }
    if (received.length > 2 * keptMax) {
      received = received.slice(-keptMax);
    }
  };
  const setFault = (provider: string, fault: Fault | undefined) =>
    void (fault === undefined ? faults.delete(provider) : faults.set(provider, fault));
  const clear = () => {
    received = [];
  };

  const answer = async (message: IncomingMessage, response: ServerResponse) => {
    const path = (message.url ?? "/").split("?", 1)[0]!;
    const [, slug = "", ...rest] = path.split("/");
    const provider = endpoints.get(slug);
    const body = await readText(message);
    if (provider === undefined) {
      return write(response, control(message.method ?? "GET", path, body, { received: () => received, totals, requests, setFault, clear }));
    }
    requests[slug] = (requests[slug] ?? 0) + 1;
    const fault = faults.get(slug);
    if (fault?.kind === "hang") {
      return;
    }
    if (fault?.kind === "reset") {
      return void message.socket.destroy();
    }
    if (fault?.kind === "status") {
      return write(response, { ...fault, body: fault.body ?? "" });
    }
    if (fault?.kind === "delay") {
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
    }
    const answered = provider.answer({ method: message.method ?? "GET", path: `/${rest.join("/")}`, headers: message.headers, body });
    if (answered?.recorded !== undefined) {
      keep(slug, answered.recorded);
    }
    write(response, answered ?? { status: 404 });
  };

  const server = createServer((message, response) => void answer(message, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get received() {
      return received;
    },
    totals,
    requests,
    setFault,
    onReceived: (listener) => void listeners.push(listener),
    clear,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Controls {
  readonly received: () => readonly Received[];
  readonly totals: Record<string, number>;
  readonly requests: Record<string, number>;
  readonly setFault: (provider: string, fault: Fault | undefined) => void;
  readonly clear: () => void;
}

/** The recording provider's own pages. */
function control(method: string, path: string, body: string, { received, totals, requests, setFault, clear }: Controls): RecordingAnswer {
  if (path === "/received" && method === "DELETE") {
    clear();
    return { status: 204 };
  }
  if (path === "/received") {
    return { status: 200, body: { totals, requests, received: received().slice(-1000) } };
  }
  if (path.startsWith("/faults/") && method === "PUT") {
    setFault(path.slice("/faults/".length), (JSON.parse(body) as Fault | null) ?? undefined);
    return { status: 204 };
  }
  return path === "/"
    ? { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: page(received().slice(-200).reverse()) }
    : { status: 404 };
}

function page(events: readonly Received[]): string {
  const row = ({ at, provider, name, url, visitor }: Received) =>
    `<tr>${[at.slice(11, 19), provider, name, url ?? "", visitor.ip ?? "", visitor.user_agent ?? ""].map((text) => `<td>${escapeHtml(text)}</td>`).join("")}</tr>`;
  const style = "body{font:15px/1.5 system-ui;margin:2rem}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}";
  const head = ["At", "Provider", "Event", "Page", "Visitor's address", "User agent"]
    .map((text) => `<th scope="col">${text}</th>`)
    .join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>What providers received</title><style>${style}</style><h1>What providers received</h1><table><thead><tr>${head}</tr></thead><tbody>${events.map(row).join("")}</tbody></table></html>`;
}

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function write(response: ServerResponse, { status, headers = {}, body = "" }: RecordingAnswer): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text), ...headers });
  response.end(text);
}
