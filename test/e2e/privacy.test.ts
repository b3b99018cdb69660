import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleSecrets } from "../../demo/example-secrets.ts";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { providers } from "../../shared/providers/registry.ts";
import { activateConfigs, eventually, type Gateway, newTenant, startGateway } from "../support/gateway.ts";
import { makeFolder } from "../support/make-folder.ts";

const addresses = ["203.0.113.199", "2001:db8::dead:beef:77", "198.51.100.231"];
const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 Unmistakable/77";
const providerSecret = "provider-secret-3f9c1b7d2e";

describe("what must not be kept", () => {
  const folder = makeFolder();
  let gateway: Gateway;
  let recording: RecordingProvider;
  const answers: string[] = [];
  let key: string;
  beforeAll(async () => {
    recording = await startRecordingProvider();
    const secrets = join(folder.path, "secrets.json");
    writeFileSync(secrets, JSON.stringify({ ...(await exampleSecrets()), "provider-key": providerSecret }));
    const env = { CARREAU_SECRETS_FILE: secrets, CARREAU_LOG_LEVEL: "debug", CARREAU_TRUSTED_PROXY_HOPS: "1" };
    gateway = await startGateway({ data: join(folder.path, "data"), env });
    ({ key } = await newTenant(gateway));
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
    folder.remove();
  });

  const call = async (...args: Parameters<Gateway["call"]>) => {
    const answer = await gateway.call(...args);
    answers.push(answer.text);
    return answer;
  };
  const post = (event: object, headers: Record<string, string> = {}, as = key) =>
    call("POST", "/analytics/events", { key: as, headers, body: { event_name: "pageview", page_url: "https://shop.example/", ...event } });
  const settled = (id: string) =>
    eventually(
      () => call("GET", `/analytics/events/${id}`, { key }),
      ({ body }) => !JSON.stringify(body.deliveries).includes('"pending"') && Object.keys(body.deliveries).length === providers.length,
    );
  const onDisk = () => {
    const data = join(folder.path, "data");
    return readdirSync(data).map((name) => readFileSync(join(data, name)).toString("latin1"));
  };

  it("keeps addresses only while they wait to be delivered, and no secret, in files, log or answers", async () => {
    await activateConfigs(gateway, key, recording.url);
    const site = await gateway.call("POST", `/v1/admin/tenants/${(await newTenant(gateway)).id}/keys`, {
      key: gateway.adminKey,
      body: { kind: "site", allowed_domains: ["shop.example"] },
    });
    recording.setFault("plausible", { kind: "delay", ms: 2_000 });
    const visitor = { "user-agent": userAgent, "x-forwarded-for": addresses[2]!, origin: "https://shop.example" };
    const waiting = await post({ context: { ip: addresses[0] }, user_agent: userAgent });
    expect(onDisk().some((file) => file.includes(addresses[0]!))).toBe(true);
    recording.setFault("plausible", undefined);
    const other = await post({ context: { ip: addresses[1] }, user_agent: userAgent, idempotency_key: "one" });
    const again = await post({ context: { ip: addresses[1] }, user_agent: userAgent, idempotency_key: "one" });
    expect(again.body).toMatchObject({ duplicates: 1 });
    await post({}, visitor, site.body.key);
    const refused = await post({ context: { ip: `${addresses[0]} no` }, referrer: 7 }, visitor);
    expect(refused.status).toBe(422);
    await call("GET", `/nowhere/${addresses[0]}?ip=${addresses[1]}`, {
      headers: { "user-agent": userAgent, "x-forwarded-for": addresses[2]! },
    });
    const config = await call("POST", "/analytics/plausible/configs", {
      key,
      body: { site_id: "shop.example", credentials: { api_key_ref: "provider-key" } },
    });

    await settled(waiting.body.results[0].id);
    await settled(other.body.results[0].id);
    recording.setFault("plausible", { kind: "status", status: 400, body: `no visitor ${addresses[0]} with ${userAgent}` });
    const unwanted = await settled((await post({ context: { ip: addresses[0] } })).body.results[0].id);
    expect(unwanted.text).toContain("no visitor [REDACTED_IP] with [REDACTED_USER_AGENT]");

    expect(recording.received.map(({ visitor }) => visitor.ip)).toEqual(expect.arrayContaining([addresses[0], addresses[1]]));
    const files = await eventually(
      async () => onDisk(),
      (all) => !all.some((file) => addresses.some((address) => file.includes(address))),
    );
    const answered = answers.join("\n");
    for (const secret of [providerSecret, gateway.adminKey, key, site.body.key]) {
      expect([answered, gateway.log(), ...files].some((text) => text.includes(secret))).toBe(false);
    }
    for (const address of addresses) {
      expect(answered).not.toContain(address);
      expect(gateway.log()).not.toContain(address);
    }
    expect(gateway.log()).not.toContain("Unmistakable");
    expect(gateway.log()).toContain('"event":"delivery_attempt"');
    expect(config.text).toContain("provider-key");
  });
});
