import type { Log } from "./log.ts";

export const httpMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
export type HttpMethod = (typeof httpMethods)[number];

/**
 * What of a request both hosts can give: a subset of `HttpRequest` of @azure/functions, so that the embedded host need not
 * build that class (it costs nine tenths of the throughput).
 */
export interface GatewayRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  readonly query: URLSearchParams;
  /** Values of the route's `{name}` segments, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** To be read once. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** A plain response object; header names are lower case. */
export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** One invocation: its id, its log, and what the trigger says of a message (`deliveryCount`, `messageId`). */
export interface FunctionContext extends Log {
  readonly invocationId: string;
  /** The host's own span of this invocation (W3C `traceparent`), where the host makes one. */
  readonly traceparent?: string;
  readonly triggerMetadata?: Readonly<Record<string, unknown>>;
}

/** `route` is relative, without a leading slash: `analytics/{provider}/events`, `{*path}` for everything else. */
export interface HttpFunction {
  readonly methods: HttpMethod[];
  readonly authLevel: "anonymous";
  readonly route: string;
  readonly handler: (request: GatewayRequest, context: FunctionContext) => Promise<GatewayResponse>;
}

/** Returning means the message is finished with; throwing gives it back for redelivery. */
export interface QueueFunction {
  readonly connection: string;
  readonly queueName: string;
  readonly cardinality: "one";
  /** Fewer messages at a time than the host's setting for all queues. Azure Functions knows only that one (azure/host.json). */
  readonly maxConcurrentCalls?: number;
  readonly handler: (message: unknown, context: FunctionContext) => Promise<void>;
}

/** `schedule` is NCRONTAB: six fields, seconds first, UTC. */
export interface TimerFunction {
  readonly schedule: string;
  readonly handler: (timer: unknown, context: FunctionContext) => Promise<void>;
}

/** Where functions are registered: the `app` of @azure/functions, or the embedded host. */
export interface FunctionHost {
  http(name: string, options: HttpFunction): void;
  serviceBusQueue(name: string, options: QueueFunction): void;
  timer(name: string, options: TimerFunction): void;
}
