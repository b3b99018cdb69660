import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { providers } from "../shared/providers/registry.ts";
import { recordingEndpoints } from "./recording-endpoints.ts";
import type { RecordingProvider } from "./recording-provider.ts";

/** What the demo remembers between starts, beside the database that holds the same tenant. */
interface DemoTenant {
  readonly tenantId: string;
  readonly secretKey: string;
  readonly siteKey: string;
  /** A visitor who has accepted everything that the demo's banner asks for. */
  readonly visitorId: string;
  /** Config ids by provider. */
  readonly configs: Record<string, string>;
}

/** Where the gateway listens, its admin key, and its data folder. */
export interface DemoGateway {
  readonly url: string;
  readonly adminKey: string;
  readonly folder: string;
}

const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/**
 * Sets up a demo tenant (once) with a published banner and one active config per provider that points at the recording provider, sends a
 * first event of a visitor who has accepted, and answers the lines that tell a newcomer what to do next. Uses the public API only.
 */
export async function startDemo(gateway: DemoGateway, recording: RecordingProvider): Promise<string[]> {
  const file = join(gateway.folder, "demo.json");
  const demo = (await readTenant(gateway, file)) ?? (await makeTenant(gateway));
  for (const { slug } of providers) {
    demo.configs[slug] = await pointAtRecording(gateway, demo, slug, recording.url);
  }
  writeFileSync(file, JSON.stringify(demo, null, 2), { mode: 0o600 });
  const receipt = await sendFirstEvent(gateway, demo);
  return guide(gateway, demo, recording, receipt);
}

/** The tenant of an earlier start, unless its database is gone, its key was revoked, or it is of an earlier version of the demo. */
async function readTenant({ url }: DemoGateway, file: string): Promise<DemoTenant | undefined> {
  if (!existsSync(file)) {
    return undefined;
  }
  const demo = JSON.parse(readFileSync(file, "utf8")) as DemoTenant;
  const { ok } = await request("GET", `${url}/consent/records/${demo.visitorId}`, demo.secretKey);
  return ok ? demo : undefined;
}

async function makeTenant({ url, adminKey }: DemoGateway): Promise<DemoTenant> {
  const tenant = await call<{ id: string }>("POST", `${url}/v1/admin/tenants`, adminKey, { name: "Demo club", tier: "standard" });
  const makeKey = async (body: object) =>
    (await call<{ key: string }>("POST", `${url}/v1/admin/tenants/${tenant.id}/keys`, adminKey, body)).key;
  const secretKey = await makeKey({ kind: "secret", scopes: ["events:write", "analytics:read", "analytics:write", "consent:write"] });
  const siteKey = await makeKey({ kind: "site", allowed_domains: ["localhost", "127.0.0.1"] });
  return { tenantId: tenant.id, secretKey, siteKey, visitorId: await askVisitor(url, secretKey), configs: {} };
}

/** Publishes a banner, to which a visitor says yes. */
async function askVisitor(url: string, secretKey: string): Promise<string> {
  const banners = `${url}/analytics/cookie-consent/configs`;
  const { id } = await call<{ id: string }>("POST", banners, secretKey, { display_name: "Demo banner" });
  await call("POST", `${banners}/${id}/publish`, secretKey);
  const decisions = { functional: true, analytics: true, marketing: true };
  const { record } = await call<{ record: { visitor_id: string } }>("POST", `${url}/consent/records`, secretKey, { decisions });
  return record.visitor_id;
}

/** The recording provider may have another port at each start; a config that was deleted meanwhile is made anew. */
async function pointAtRecording(
  { url }: DemoGateway,
  { secretKey, configs }: DemoTenant,
  slug: string,
  recordingUrl: string,
): Promise<string> {
  const settings = (await recordingEndpoints(slug)).exampleSettings(`${recordingUrl}/${slug}`);
  const path = `${url}/analytics/${slug}/configs`;
  const known = configs[slug];
  if (known !== undefined && (await request("PATCH", `${path}/${known}`, secretKey, settings)).ok) {
    await call("POST", `${path}/${known}/verify`, secretKey);
    return known;
  }
  const { id } = await call<{ id: string }>("POST", path, secretKey, { display_name: `Demo: ${slug}`, ...settings });
  await call("POST", `${path}/${id}/activate`, secretKey);
  return id;
}

async function sendFirstEvent({ url }: DemoGateway, { secretKey, visitorId }: DemoTenant): Promise<string> {
  const event = {
    event_name: "pageview",
    page_url: "https://demo.example/hello",
    page_title: "Hello",
    user_agent: browser,
    visitor_id: visitorId,
    context: { ip: "203.0.113.7" },
  };
  const answer = await call<{ results: { id: string }[] }>("POST", `${url}/analytics/events`, secretKey, event);
  return `${url}/analytics/events/${answer.results[0]?.id}`;
}

function guide(
  { url }: DemoGateway,
  { secretKey, siteKey, visitorId }: DemoTenant,
  recording: RecordingProvider,
  receipt: string,
): string[] {
  const authorization = `-H 'Authorization: Bearer ${secretKey}'`;
  return [
    `status page         ${url}/#key=${secretKey}`,
    `what providers got  ${recording.url}/`,
    `secret key          ${secretKey}`,
    `site key            ${siteKey}   (for pages on localhost)`,
    `visitor             ${visitorId}   (has accepted; leave visitor_id out for one who was not asked)`,
    `post an event       curl ${url}/analytics/events ${authorization} -H 'Content-Type: application/json' -d '{"event_name":"pageview","page_url":"https://demo.example/","visitor_id":"${visitorId}","user_agent":"${browser}"}'`,
    `its first receipt   curl ${receipt} ${authorization}`,
  ];
}

function request(method: string, url: string, key: string, body?: object): Promise<Response> {
  return fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function call<T>(method: string, url: string, key: string, body?: object): Promise<T> {
  const response = await request(method, url, key, body);
  if (!response.ok) {
    throw new Error(`${method} ${new URL(url).pathname} answered ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as T;
}
