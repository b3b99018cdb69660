import { providers } from "../../shared/providers/registry.ts";
import { scopes } from "../../shared/tenants/principal.ts";
import type { Things } from "./fill-route.ts";
import { activateConfigs, eventually, type Gateway } from "./gateway.ts";

const consentConfigs = "/analytics/cookie-consent/configs";

/** All scopes that a tenant's key can have. */
export const tenantScopes = scopes.filter((scope) => scope !== "admin");

/** A tenant that has something of everything. */
export interface FurnishedTenant {
  readonly tenant: string;
  readonly key: string;
  /** What its paths can name, once per provider. */
  readonly things: readonly Things[];
  /** Everything that only this tenant may see. */
  readonly marks: readonly string[];
}

/** Makes a key of a tenant. */
export async function makeKey({ call, adminKey }: Pick<Gateway, "call" | "adminKey">, tenant: string, body: object) {
  const made = await call("POST", `/v1/admin/tenants/${tenant}/keys`, { key: adminKey, body });
  return made.body as { id: string; key: string };
}

/** Makes a tenant with an active config per provider, a published consent config, a visitor's decision, two delivered events, and `name` in everything it has. */
export async function furnishTenant(gateway: Gateway, recordingUrl: string, name: string): Promise<FurnishedTenant> {
  const made = await gateway.call("POST", "/v1/admin/tenants", { key: gateway.adminKey, body: { name: `${name} club` } });
  const tenant = made.body.id as string;
  const { key, id: keyId } = await makeKey(gateway, tenant, { kind: "secret", scopes: tenantScopes });
  const configs = await activateConfigs(gateway, key, recordingUrl);
  for (const [provider, id] of Object.entries(configs)) {
    await gateway.call("PATCH", `/analytics/${provider}/configs/${id}`, { key, body: { display_name: `${name} config` } });
  }
  const { body: consent } = await gateway.call("POST", consentConfigs, { key, body: { display_name: `${name} banner` } });
  await gateway.call("POST", `${consentConfigs}/${consent.id}/publish`, { key });
  const visitor = `${name}-visitor`;
  await gateway.call("POST", "/consent/records", { key, body: { visitor_id: visitor, decisions: { analytics: true } } });
  const event = { event_name: `${name} event`, page_url: `https://${name}.example/`, user_id: visitor, idempotency_key: "one" };
  const posted = await gateway.call("POST", "/analytics/events", { key, body: { events: [event, { ...event, idempotency_key: "two" }] } });
  const events = (posted.body.results as { id: string }[]).map(({ id }) => id);
  for (const id of events) {
    await eventually(
      () => gateway.call("GET", `/analytics/events/${id}`, { key }),
      ({ body }) => Object.keys(body.deliveries).length === providers.length && !JSON.stringify(body.deliveries).includes('"pending"'),
    );
  }
  const { redelivery, replay } = await sendAgain(gateway, key, Object.values(configs)[0]!);
  const things = Object.entries(configs).map(([provider, config]) => ({
    provider,
    config,
    event: events[0]!,
    tenant,
    key: keyId,
    problem: "not-found",
    consentConfig: consent.id as string,
    consentVersion: "1",
    visitor,
    redelivery,
    replay,
  }));
  return {
    tenant,
    key,
    things,
    marks: [tenant, keyId, key, name, ...Object.values(configs), consent.id as string, ...events, redelivery, replay],
  };
}

/** A redelivery and a replay that found nothing to do; their ids, when they are done. */
async function sendAgain({ call }: Pick<Gateway, "call">, key: string, config_id: string) {
  const span = { since: "2026-01-01T00:00:00Z", until: "2026-01-01T00:00:01Z" };
  const run = async (path: string, asked: object): Promise<string> => {
    const { body, headers } = await call("POST", path, { key, body: asked });
    await eventually(
      () => call("GET", headers.get("location")!, { key }),
      (progress) => progress.body.status === "done",
    );
    return body.id as string;
  };
  const redelivery = await run("/analytics/dead-letters/redeliver", { all: true });
  return { redelivery, replay: await run("/analytics/replays", { config_id, ...span }) };
}
