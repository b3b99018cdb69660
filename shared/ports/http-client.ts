/** A request to a server outside. `body` is sent as UTF-8. */
export interface OutgoingRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the call to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** An answer, whatever its status. Header names are lower case; `body` is cut at the client's size cap (`truncated`). */
export interface Answer {
  readonly kind: "answer";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly truncated: boolean;
}

/**
 * No answer. `sent` is false when the server can't have seen the request. `request-invalid`: HTTP can't carry it, such as a header
 * made of a secret that ends in a line break; the same request will fail again.
 */
export interface Failure {
  readonly kind: "failure";
  readonly reason: "target-refused" | "request-invalid" | "connect-failed" | "timeout" | "connection-lost";
  readonly sent: boolean;
}

/**
 * Sends requests to URLs that tenants supplied. Only https to public addresses: private, loopback, link-local, metadata and
 * `*.internal` targets are refused, also after DNS resolution, and the connection goes to the address that was checked.
 * Redirects are not followed.
 */
export interface HttpClient {
  send(request: OutgoingRequest): Promise<Answer | Failure>;
  /** Checks a URL when it is saved: its form, and its addresses if the name resolves now. */
  checkTarget(url: string): Promise<"ok" | { readonly refused: string }>;
  close(): Promise<void>;
}
