import { randomUUID } from "node:crypto";
import { allRoutes } from "../../functions/register.ts";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import type { Route } from "../../shared/http/route.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { findProvider } from "../../shared/providers/registry.ts";

/** Ids of one tenant's things: what paths and queries can name. */
export interface Things {
  readonly provider: string;
  readonly config: string;
  readonly event: string;
  readonly tenant: string;
  readonly key: string;
  readonly problem: string;
  readonly consentConfig: string;
  readonly consentVersion: string;
  readonly visitor: string;
  readonly redelivery: string;
  readonly replay: string;
}

/** The routes as they are registered. Nothing is called until a handler runs, so no use case is needed to list them. */
export const registeredRoutes: readonly Route[] = allRoutes({} as UseCases);

/** A path template up to and with its parameter → what stands there. */
const pathParameters: Readonly<Record<string, keyof Things>> = {
  "/analytics/{provider}": "provider",
  "/analytics/{provider}/configs/{id}": "config",
  "/analytics/events/{id}": "event",
  "/analytics/redeliveries/{id}": "redelivery",
  "/analytics/replays/{id}": "replay",
  "/analytics/cookie-consent/configs/{id}": "consentConfig",
  "/analytics/cookie-consent/configs/{id}/versions/{version}": "consentVersion",
  "/consent/records/{visitor_id}": "visitor",
  "/admin/tenants/{id}": "tenant",
  "/admin/tenants/{id}/keys/{key_id}": "key",
  "/problems/{code}": "problem",
};

/** A query parameter that names a thing → which thing. */
const queryParameters: Readonly<Record<string, keyof Things>> = { config_id: "config" };

/** A body that the route takes, by method and path. */
const bodies: Readonly<Record<string, (things: Things, target: string) => unknown>> = {
  "POST /analytics/events": () => ({ event_name: "pageview", page_url: "https://site.example/" }),
  "POST /analytics/{provider}/events": () => ({ event_name: "pageview", page_url: "https://site.example/" }),
  "POST /analytics/{provider}/configs": ({ provider }, target) => exampleSettings(provider, target),
  "PATCH /analytics/{provider}/configs/{id}": () => ({ display_name: "Renamed" }),
  "POST /analytics/{provider}/configs/{id}/filter/preview": () => ({ filter: { include_events: ["pageview"] } }),
  "POST /analytics/cookie-consent/configs": () => ({ display_name: "Banner", categories: { analytics: { cookie_names: ["_ga"] } } }),
  "PATCH /analytics/cookie-consent/configs/{id}": () => ({ display_name: "Renamed", texts: { sv: { title: "Kakor" } } }),
  "POST /analytics/cookie-consent/configs/{id}/publish": () => ({ renew: ["analytics"] }),
  "POST /consent/records": () => ({ decisions: { analytics: true, marketing: false }, method: "preferences" }),
  "POST /consent/records/{visitor_id}/revoke": () => ({ categories: ["analytics"] }),
  "POST /analytics/{provider}/flags": () => ({
    visitors: [{ id: "visitor-1", properties: { plan: "pro" }, groups: { club: "north" } }],
    flags: ["new-checkout"],
    defaults: { "new-checkout": false },
  }),
  "POST /analytics/{provider}/funnels": () => ({
    steps: [
      { event: "pageview", properties: [{ property: "plan", op: "eq", value: "pro" }] },
      { event: "Signup", name: "Joined" },
    ],
    window: { amount: 14, unit: "day" },
    from: "2026-03-01T00:00:00Z",
    to: "2026-03-31T00:00:00Z",
    order: "ordered",
    breakdown: { property: "$browser", limit: 5 },
  }),
  "POST /analytics/dead-letters/redeliver": () => ({ all: true, dry_run: true }),
  "POST /analytics/replays": ({ config }) => ({ config_id: config, since: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z" }),
  "POST /admin/tenants": () => ({ name: `Tenant ${randomUUID()}` }),
  "POST /admin/tenants/{id}/keys": () => ({ kind: "secret", scopes: ["analytics:read"] }),
};

const unknown = (what: string): Error => new Error(`${what}: say in test/support/fill-route.ts what to send there`);

/** The route's name in titles and messages. */
export const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

/** The prefixes that the route is served under. */
export const prefixesOf = ({ versions = "both" }: Route): readonly ("" | "/v1")[] =>
  versions === "both" ? ["", "/v1"] : versions === "only-v1" ? ["/v1"] : [""];

const namingBodies = ["POST /analytics/replays"];

/** Whether the path, or the body that it needs, names a thing that belongs to one tenant. */
export const namesThing = (route: Route): boolean =>
  route.path.replace("{provider}", "").includes("{") || namingBodies.includes(nameOf(route));

/** What only some providers have → the member of their definition. */
const offers = { "/analytics/{provider}/flags": "featureFlags", "/analytics/{provider}/funnels": "funnels" } as const;

/** Whether the provider of these things has what the route is for; if not, there is nothing there. */
export function isOffered({ path }: Route, { provider }: Things): boolean {
  const member = offers[path as keyof typeof offers];
  return member === undefined || findProvider(provider)?.[member] !== undefined;
}

/** The route's path with `things` in place of its parameters. Throws for a parameter that nobody has described here. */
export function fillPath(route: Route, things: Things): string {
  return route.path
    .split("/")
    .map((segment, at, segments) => {
      if (!segment.startsWith("{")) {
        return segment;
      }
      const thing = pathParameters[segments.slice(0, at + 1).join("/")];
      if (thing === undefined) {
        throw unknown(`${nameOf(route)} has the parameter ${segment}`);
      }
      return encodeURIComponent(things[thing]);
    })
    .join("/");
}

/** A body that the route takes, or `undefined` where it needs none. Throws for a body that nobody has described here. */
export async function sampleBody(route: Route, things: Things, target: string): Promise<unknown> {
  const make = bodies[nameOf(route)];
  if (make === undefined && route.body !== undefined && route.body.optional !== true) {
    throw unknown(`${nameOf(route)} takes a body`);
  }
  return make?.(things, target);
}

/** Names of the route's query parameters. */
export function queryNames({ query }: Route): readonly string[] {
  return Object.keys((query as { shape?: Record<string, unknown> } | undefined)?.shape ?? {});
}

/** The route's query parameters that name things, filled with `things`. Throws for one that nobody has described here. */
export function queryOfThings(route: Route, things: Things): Record<string, string> {
  const naming = queryNames(route).filter((name) => name === "id" || name.endsWith("_id"));
  return Object.fromEntries(
    naming.map((name) => {
      const thing = queryParameters[name];
      if (thing === undefined) {
        throw unknown(`${nameOf(route)} has the query parameter ${name}`);
      }
      return [name, things[thing]];
    }),
  );
}

/** Settings that make a config of the provider, sending to `target`. */
export async function exampleSettings(provider: string, target: string): Promise<object> {
  const { default: endpoints } = (await import(`../../shared/providers/${provider}/recording.ts`)) as { default: RecordingEndpoints };
  return endpoints.exampleSettings(target);
}
