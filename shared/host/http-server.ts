import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type FunctionContext, type GatewayResponse, type HttpFunction, httpMethods } from "../ports/function-host.ts";
import { parseTraceparent } from "../ports/traceparent.ts";
import { type ProblemCode, problems } from "../problems/catalogue.ts";
import { describeError } from "../problems/describe-error.ts";
import { Problem } from "../problems/problem.ts";
import { problemDocument, problemMediaType } from "../problems/problem-document.ts";
import { EmbeddedRequest } from "./embedded-request.ts";
import { PathRouter } from "./path-router.ts";

const headerBytesMax = 16_384;
const requestMs = 30_000;
const headersMs = 10_000;

/** Serves HTTP functions with node:http; what never becomes a request (broken syntax, oversized headers) gets a problem document too. */
export class HttpServer {
  readonly #router = new PathRouter<HttpFunction>();
  readonly #server: Server;
  readonly #newContext: () => FunctionContext;
  #running = 0;
  #stopping = false;
  #idle = () => {};

  constructor(newContext: () => FunctionContext) {
    this.#newContext = newContext;
    this.#server = createServer({
      maxHeaderSize: headerBytesMax,
      requestTimeout: requestMs,
      headersTimeout: headersMs,
      keepAliveTimeout: 65_000,
    });
    this.#server.on("request", (message, response) => void this.#serve(message, response));
    const refuse = (code: ProblemCode, message?: IncomingMessage) => this.#refuse(code, message);
    this.#server.on("checkExpectation", (message, response: ServerResponse) => write(response, refuse("expectation-failed", message)));
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => refuseConnection(error, socket, refuse));
    this.#server.on("connect", (message, socket: Socket) => socket.end(asText(refuse("method-not-allowed", message))));
  }

  add(options: HttpFunction): void {
    this.#router.add(options.route, options);
  }

  /** Resolves with the port once connections are taken; `port` 0 takes any. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, 1024, () => {
        this.#server.off("error", reject);
        resolve((this.#server.address() as { port: number }).port);
      });
    });
  }

  /** Takes no new requests, lets running ones finish, then closes; after `graceMs` what still runs is cut off. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const finished = this.#running === 0 ? Promise.resolve() : new Promise<void>((resolve) => (this.#idle = resolve));
    let deadline: NodeJS.Timeout | undefined;
    await Promise.race([finished, new Promise<void>((resolve) => (deadline = setTimeout(resolve, graceMs)))]);
    clearTimeout(deadline);
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#running++;
    try {
      write(response, await this.#answer(message), this.#stopping);
    } finally {
      this.#running--;
      if (this.#running === 0) {
        this.#idle();
      }
    }
  }

  async #answer(message: IncomingMessage): Promise<GatewayResponse> {
    if (this.#stopping) {
      return this.#refuse("shutting-down", message);
    }
    message.url = originForm(message.url ?? "/");
    const { url } = message;
    const query = url.indexOf("?");
    try {
      const match = this.#router.find(query === -1 ? url : url.slice(0, query));
      return match === undefined
        ? this.#refuse("not-found", message)
        : await match.value.handler(new EmbeddedRequest(message, match.params), this.#newContext());
    } catch (error) {
      return error instanceof URIError ? this.#refuse("request-malformed", message) : this.#refuse("internal-error", message, error);
    }
  }

  /** What no function answers is logged here, so that every request has its line. */
  #refuse(code: ProblemCode, message?: IncomingMessage, error?: unknown): GatewayResponse {
    const { status, retry } = problems[code];
    const { invocationId: requestId, ...log } = this.#newContext();
    const trace_id = parseTraceparent(String(message?.headers["traceparent"]))?.traceId;
    const method = message?.method?.slice(0, 10);
    const fields = { event: "request", request_id: requestId, trace_id, method, path: "*", status, problem: code };
    if (status < 500) {
      log.info(fields);
    } else {
      log.error(error === undefined ? fields : { ...fields, error: describeError(error) });
    }
    const headers = {
      "content-type": problemMediaType,
      "x-request-id": requestId,
      "x-content-type-options": "nosniff",
      ...(retry ? { "retry-after": "5" } : {}),
      ...(status === 405 ? { allow: httpMethods.join(", ") } : {}),
    };
    return { status, headers, body: JSON.stringify({ ...problemDocument(new Problem(code)), request_id: requestId }) };
  }
}

/** A target with scheme and host (RFC 9112, section 3.2.2) as its path and query. */
function originForm(target: string): string {
  const url = /^https?:/i.test(target) ? URL.parse(target) : null;
  return url === null ? target : url.pathname + url.search;
}

function write(response: ServerResponse, { status, headers, body }: GatewayResponse, close = false): void {
  const length = body === undefined ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  // A 204 has no length (RFC 9110, section 8.6), and an answer to HEAD may leave it out.
  const sized = status === 204 || (body === undefined && response.req.method === "HEAD") ? {} : { "content-length": length };
  response.writeHead(status, { ...headers, ...sized, ...(close ? { connection: "close" } : {}) });
  response.end(body);
}

function refuseConnection(error: NodeJS.ErrnoException, socket: Socket, refuse: (code: ProblemCode) => GatewayResponse): void {
  const codes: Record<string, ProblemCode> = { HPE_HEADER_OVERFLOW: "headers-too-large", ERR_HTTP_REQUEST_TIMEOUT: "request-timeout" };
  if (socket.writable && error.code !== "ECONNRESET") {
    socket.end(asText(refuse(codes[error.code ?? ""] ?? "request-malformed")));
  } else {
    socket.destroy();
  }
}

/** A response as it goes over a connection that has no request to answer. */
function asText({ status, headers, body = "" }: GatewayResponse): string {
  const all = { ...headers, connection: "close", "content-length": Buffer.byteLength(body) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}
