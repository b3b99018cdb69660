import { StringDecoder } from "node:string_decoder";
import type { Dispatcher } from "undici";
import type { Answer, Failure } from "../../ports/http-client.ts";
import { TargetRefused } from "./guarded-lookup.ts";

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

/**
 * One request on its way, from the call to its one result. Undici calls it back, in this order:
 *
 *     (queued, connecting) → onRequestStart → onResponseStart → onResponseData* → onResponseEnd
 *              └───────────────────┴─────────────────┴───────────────┴→ onResponseError
 *
 * Until onRequestStart no byte was written, so a failure before it was certainly not sent. Time may run out anywhere.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #settle: (result: Answer | Failure) => void;
  readonly #answerBytesMax: number;
  readonly #timer: NodeJS.Timeout;
  #settled = false;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: Headers = {};
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(timeoutMs: number, answerBytesMax: number, settle: (result: Answer | Failure) => void) {
    this.#settle = settle;
    this.#answerBytesMax = answerBytesMax;
    this.#timer = setTimeout(() => this.#stop({ kind: "failure", reason: "timeout", sent: this.#controller !== undefined }), timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // A queued request can't be taken back from undici; this is the first moment to say that its time was over.
    if (this.#settled) controller.abort(new Error("given up"));
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    const room = this.#answerBytesMax - this.#bytes;
    this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.#bytes += chunk.length;
    // Reading on to keep the connection would let the server choose how long.
    if (chunk.length > room) this.#stop(this.#answer(true));
  }

  onResponseEnd(): void {
    this.#finish(this.#answer(false));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { readonly code?: string }): void {
    if (this.#controller) this.#finish({ kind: "failure", reason: "connection-lost", sent: true });
    else if (error instanceof TargetRefused) this.#finish({ kind: "failure", reason: "target-refused", sent: false });
    else if (error.code === "UND_ERR_INVALID_ARG") this.#finish({ kind: "failure", reason: "request-invalid", sent: false });
    else this.#finish({ kind: "failure", reason: "connect-failed", sent: false });
  }

  #answer(truncated: boolean): Answer {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#headers)) {
      if (value !== undefined && name !== "__proto__") headers[name] = typeof value === "string" ? value : value.join(", ");
    }
    const bytes = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks);
    // The decoder keeps back the first half of a character that the cut went through.
    const body = truncated ? new StringDecoder("utf8").write(bytes) : bytes.toString("utf8");
    return { kind: "answer", status: this.#status, headers, body, truncated };
  }

  #finish(result: Answer | Failure): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#settle(result);
  }

  /** Ends before the server does; the connection is destroyed, since the rest of the answer may still come on it. */
  #stop(result: Answer | Failure): void {
    this.#finish(result);
    this.#controller?.abort(new Error("stopped"));
  }
}
