/** What everyone needs to know about a refusal: its HTTP status, whether the same request may succeed later, and what it says. */
export interface ProblemEntry {
  readonly status: number;
  /** True when trying the very same request again may succeed. */
  readonly retry: boolean;
  readonly title: string;
}

/** Everything the gateway refuses, by code. Each code has its page in docs/problems. */
export const problems = {
  "body-malformed": { status: 400, retry: false, title: "The body can't be read" },
  "request-malformed": { status: 400, retry: false, title: "The request line, a header or the path can't be read" },
  "query-invalid": { status: 400, retry: false, title: "A query parameter is unknown or has a wrong value" },
  "cursor-invalid": { status: 400, retry: false, title: "The cursor is not one that this list gave" },
  "credentials-missing": { status: 401, retry: false, title: "The request has no credentials" },
  "credentials-invalid": { status: 401, retry: false, title: "The credentials are not valid" },
  "scope-missing": { status: 403, retry: false, title: "The credentials lack a scope" },
  "origin-not-allowed": { status: 403, retry: false, title: "The site key may not be used from this origin" },
  "address-not-allowed": { status: 403, retry: false, title: "The key may not be used from this address" },
  "not-found": { status: 404, retry: false, title: "There is nothing here" },
  "unknown-provider": { status: 404, retry: false, title: "There is no such provider" },
  "method-not-allowed": { status: 405, retry: false, title: "The resource does not have this method" },
  "not-acceptable": { status: 406, retry: false, title: "No representation matches the Accept header" },
  "request-timeout": { status: 408, retry: true, title: "The request took too long to arrive" },
  "idempotency-conflict": { status: 409, retry: false, title: "The idempotency key was used with other content" },
  "transition-not-allowed": { status: 409, retry: false, title: "The status can't change in this way" },
  "verification-failed": { status: 409, retry: false, title: "The config's credentials do not work" },
  conflict: { status: 409, retry: false, title: "The request conflicts with what is stored" },
  "resend-running": { status: 409, retry: true, title: "A redelivery or replay that is not done stands in the way" },
  "feature-disabled": { status: 409, retry: false, title: "The config is not enabled for this" },
  "config-incomplete": { status: 409, retry: false, title: "The config lacks something that this needs" },
  "precondition-failed": { status: 412, retry: false, title: "The resource has changed since it was read" },
  "body-too-large": { status: 413, retry: false, title: "The body is too large" },
  "too-many-events": { status: 413, retry: false, title: "The batch has too many events" },
  "media-type-unsupported": { status: 415, retry: false, title: "The body's media type or encoding is not supported" },
  "expectation-failed": { status: 417, retry: false, title: "The Expect header asks for something unknown" },
  "body-invalid": { status: 422, retry: false, title: "The body does not match its schema" },
  "event-invalid": { status: 422, retry: false, title: "The event does not match its schema" },
  "event-too-large": { status: 422, retry: false, title: "The event is too large" },
  "events-all-rejected": { status: 422, retry: false, title: "Every event of the batch was rejected" },
  "target-not-allowed": { status: 422, retry: false, title: "The URL is not one that the gateway connects to" },
  "secret-in-reference": { status: 422, retry: false, title: "A secret stands where its reference belongs" },
  "reference-invalid": { status: 422, retry: false, title: "The secret reference is not one that can be read" },
  "span-not-allowed": { status: 422, retry: false, title: "The span of time is not one that is answered" },
  "provider-refused": { status: 424, retry: false, title: "The provider refused what it was asked" },
  "headers-too-large": { status: 431, retry: false, title: "The header section is too large" },
  "internal-error": { status: 500, retry: false, title: "Something went wrong on our side" },
  "store-unavailable": { status: 503, retry: true, title: "A store can't answer right now" },
  "provider-unavailable": { status: 503, retry: true, title: "The provider can't answer right now" },
  "shutting-down": { status: 503, retry: true, title: "The gateway is stopping" },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof problems;

/** The URL reference that identifies a problem (the `type` of RFC 9457, section 3.1.1); the gateway serves its page there. */
export function problemType(code: ProblemCode): string {
  return `/problems/${code}`;
}
