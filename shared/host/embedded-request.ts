import type { IncomingMessage } from "node:http";
import type { GatewayRequest } from "../ports/function-host.ts";

/** A request of node:http as functions see it; nothing is computed before it is asked for. */
export class EmbeddedRequest implements GatewayRequest {
  readonly #message: IncomingMessage;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: GatewayRequest["headers"];

  constructor(message: IncomingMessage, params: Readonly<Record<string, string>>) {
    this.#message = message;
    this.params = params;
    this.headers = { get: (name) => this.#header(name) };
  }

  get method(): string {
    return this.#message.method ?? "GET";
  }

  get url(): string {
    return `http://${this.#message.headers.host ?? "localhost"}${this.#message.url ?? "/"}`;
  }

  get query(): URLSearchParams {
    const url = this.#message.url ?? "/";
    const at = url.indexOf("?");
    return new URLSearchParams(at === -1 ? "" : url.slice(at + 1));
  }

  get body(): IncomingMessage | null {
    const { "content-length": length, "transfer-encoding": encoding } = this.#message.headers;
    return (length === undefined || length === "0") && encoding === undefined ? null : this.#message;
  }

  #header(name: string): string | null {
    const value = this.#message.headers[name.toLowerCase()];
    const text = Array.isArray(value) ? value.join(", ") : (value ?? null);
    if (name.toLowerCase() !== "x-forwarded-for") {
      return text;
    }
    // As the front end of Azure does: whoever connected is the last entry.
    const peer = this.#message.socket.remoteAddress ?? "";
    return text === null ? peer : `${text}, ${peer}`;
  }
}
