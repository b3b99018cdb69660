import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RecordingAnswer, RecordingEndpoints } from "../shared/providers/recording-endpoint.ts";
import { providers } from "../shared/providers/registry.ts";
import { parseJson } from "../shared/providers/text.ts";
import { answerInstead, breakOff, type Fault, fault as faultSchema, whyImpossible } from "./faults.ts";
import { keepReceived, type Received } from "./received-events.ts";
import { recordingEndpoints } from "./recording-endpoints.ts";
import { recordingPage } from "./recording-page.ts";

export interface RecordingProvider {
  /** A provider's base URL is `<url>/<slug>`. */
  readonly url: string;
  /** Newest last. */
  readonly received: readonly Received[];
  /** Events taken since the start, by provider, also those no longer kept. */
  readonly totals: Readonly<Record<string, number>>;
  /** Requests since the start, by provider. */
  readonly requests: Readonly<Record<string, number>>;
  /** Throws for a provider that there is not, or that can't misbehave like this. */
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
    endpoints.set(slug, await recordingEndpoints(slug));
  }
  const kept = keepReceived(keptMax);
  const requests: Record<string, number> = {};
  const faults = new Map<string, Fault>();

  const answer = async (message: IncomingMessage, response: ServerResponse) => {
    const { method = "GET", headers, url = "/" } = message;
    const path = url.split("?", 1)[0]!;
    const [, slug = "", ...rest] = path.split("/");
    const provider = endpoints.get(slug);
    const body = await readText(message);
    if (provider === undefined) {
      return write(response, control(method, path, body));
    }
    requests[slug] = (requests[slug] ?? 0) + 1;
    const fault = faults.get(slug);
    if (fault !== undefined && breakOff(fault, response)) {
      return;
    }
    if (fault?.kind === "delay") {
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
    }
    const request = { method, path: `/${rest.join("/")}`, headers, body };
    const instead = fault === undefined ? undefined : answerInstead(fault, provider, request);
    const answered = instead ?? provider.answer(request) ?? { status: 404 };
    kept.add(slug, answered.recorded ?? []);
    write(response, answered);
  };

  /** The recording provider's own pages. */
  const control = (method: string, path: string, body: string): RecordingAnswer => {
    const [, page, slug = ""] = path.split("/");
    if (page === "received" && method === "DELETE") {
      kept.clear();
      return { status: 204 };
    }
    if (page === "received") {
      return { status: 200, body: { totals: kept.totals, requests, received: kept.events.slice(-1000) } };
    }
    if (page === "faults" && method === "PUT") {
      return putFault(slug, parseJson(body));
    }
    return path === "/"
      ? { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: recordingPage(kept.events.slice(-200).reverse()) }
      : { status: 404 };
  };
  const putFault = (slug: string, wanted: unknown): RecordingAnswer => {
    const provider = endpoints.get(slug);
    if (provider === undefined) {
      return { status: 404, body: { detail: `there is no provider "${slug}"` } };
    }
    const parsed = faultSchema.nullable().safeParse(wanted);
    if (!parsed.success) {
      return { status: 422, body: { detail: parsed.error.issues.map(({ message }) => message).join("; ") } };
    }
    const impossible = parsed.data === null ? undefined : whyImpossible(parsed.data, provider);
    if (impossible !== undefined) {
      return { status: 422, body: { detail: impossible } };
    }
    void (parsed.data === null ? faults.delete(slug) : faults.set(slug, parsed.data));
    return { status: 204 };
  };

  const server = createServer((message, response) => void answer(message, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get received() {
      return kept.events;
    },
    totals: kept.totals,
    requests,
    setFault: (provider, fault) => {
      const answered = putFault(provider, fault ?? null);
      if (answered.status !== 204) {
        throw new Error(JSON.stringify(answered.body));
      }
    },
    onReceived: kept.onReceived,
    clear: kept.clear,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

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
