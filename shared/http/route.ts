import type { z } from "zod";
import type { FunctionContext, HttpMethod } from "../ports/function-host.ts";
import type { ProblemCode } from "../problems/catalogue.ts";
import type { Access, AdminPrincipal, TenantPrincipal } from "../tenants/principal.ts";

/** The principal that an access rule lets through. */
type PrincipalOf<A extends Access> = A extends "public" ? undefined : A extends "admin" ? AdminPrincipal : TenantPrincipal;

export interface BodyRule<B extends z.ZodType> {
  readonly schema: B;
  readonly mediaTypes: readonly string[];
  /** Bytes after decompression. */
  readonly bytesMax: number;
  /** The body may be left out. */
  readonly optional?: boolean;
}

/** Counts, ids and words of ours for a log line; never personal data. */
export type LineFacts = Readonly<Record<string, string | number | boolean>>;

export interface RouteInput<A extends Access, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly principal: PrincipalOf<A>;
  readonly params: z.infer<P>;
  readonly query: z.infer<Q>;
  readonly body: z.infer<B>;
  readonly header: (name: string) => string | undefined;
  /** The visitor's or caller's address as the trusted proxies tell it; never to be stored or logged. */
  readonly clientAddress: string | undefined;
  /** The name of the header in which our edge says which country the visitor is in; its value is never to be stored or logged. */
  readonly countryHeader: string | undefined;
  /** "" or "/v1": what a `Location` must begin with to stay in the caller's version. */
  readonly prefix: string;
  readonly requestId: string;
  /** Of the request's span: what is done because of it goes on from there. */
  readonly traceparent: string;
  /** Adds facts to the request's one log line. */
  readonly note: (facts: LineFacts) => void;
  readonly context: FunctionContext;
}

/** `body` becomes JSON unless it is text with a `content-type` of its own. */
export interface RouteResult {
  readonly status: number;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One method of one resource: everything about it that validation, problem responses and documentation need. */
export interface RouteDefinition<
  A extends Access = Access,
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> {
  readonly method: Exclude<HttpMethod, "HEAD" | "OPTIONS">;
  /** With a leading slash and without the version: `/analytics/{provider}/configs/{id}`. */
  readonly path: `/${string}`;
  /** False for what exists only under `/v1` (spec 9.6) or only without it. */
  readonly versions?: "both" | "only-v1" | "unversioned";
  readonly summary: string;
  readonly access: A;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: BodyRule<B>;
  /** Problems particular to this route; those of every route (401, 404, 405, …) are not repeated. */
  readonly problems?: readonly ProblemCode[];
  readonly handle: (input: RouteInput<A, P, Q, B>) => Promise<RouteResult>;
}

/** A route of any shape, as the server of routes sees it. */
export type Route = RouteDefinition;

/** Types a definition while it is written. */
export function route<A extends Access, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  definition: RouteDefinition<A, P, Q, B>,
): Route {
  return definition as unknown as Route;
}
