import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { providers } from "../../shared/providers/registry.ts";
import { consentFree } from "../support/consent-free.ts";
import { exampleSettings } from "../support/fill-route.ts";
import { activateConfigs, eventually, type Gateway, newTenant, startGateway } from "../support/gateway.ts";
import { startLoopbackServer } from "../support/loopback-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const slugs = providers.map(({ slug }) => slug);
/** An empty variable counts as not set. */
const flagNotSet = { CARREAU_ALLOW_PRIVATE_TARGETS: "" };

const privateUrls = [
  ["loopback", "https://127.0.0.1/"],
  ["loopback elsewhere in its range", "https://127.9.9.9:8443/path"],
  ["the metadata service", "https://169.254.169.254/latest/meta-data/"],
  ["the metadata service over IPv6", "https://[fd00:ec2::254]/"],
  ["the host service of Azure", "https://168.63.129.16/"],
  ["IPv6 loopback", "https://[::1]/"],
  ["a private network", "https://10.0.0.1/"],
  ["another private network", "https://192.168.1.1/"],
  ["a decimal address", "https://2130706433/"],
  ["a hexadecimal address", "https://0x7f000001/"],
  ["an octal address", "https://0177.0.0.1/"],
  ["a shortened address", "https://127.1/"],
  ["an IPv4-mapped address", "https://[::ffff:127.0.0.1]/"],
  ["an IPv4-mapped address in hexadecimal", "https://[::ffff:a9fe:a9fe]/"],
  ["NAT64 of a private address", "https://[64:ff9b::10.0.0.1]/"],
  ["every address of this machine", "https://0.0.0.0/"],
  ["an address with a dot at the end", "https://127.0.0.1./"],
  ["localhost", "https://localhost/"],
  ["LOCALHOST with a dot at the end", "https://LOCALHOST./"],
  ["a name below localhost", "https://a.localhost/"],
  ["an internal name", "https://metadata.google.internal/"],
  ["full-width digits", "https://１２７.0.0.1/"],
] as const;

const wrongForms = [
  ["a user name", "https://user@plausible.example/"],
  ["a password", "https://user:secret@plausible.example/"],
  ["a password only", "https://:secret@plausible.example/"],
  ["the scheme of files", "file:///etc/passwd"],
  ["another scheme", "ftp://plausible.example/"],
  ["the scheme of data", "data:text/plain,x"],
  ["no scheme", "plausible.example"],
  ["a scheme left out", "//plausible.example/"],
] as const;

/** The field of a provider's settings that holds the URL. */
async function targetField(provider: string): Promise<string> {
  const url = "https://target.example/x";
  const [field] = Object.entries(await exampleSettings(provider, url)).find(([, value]) => value === url)!;
  return field;
}

describe.each(slugs)("the URL in a config of %s", (provider) => {
  let gateway: Gateway;
  let lenient: Gateway;
  let field: string;
  const keys = new Map<Gateway, string>();
  beforeAll(async () => {
    [gateway, lenient] = await Promise.all([
      startGateway({ env: flagNotSet }),
      startGateway({ env: { CARREAU_ALLOW_PRIVATE_TARGETS: "true" } }),
    ]);
    for (const one of [gateway, lenient]) {
      keys.set(one, (await newTenant(one)).key);
    }
    field = await targetField(provider);
  });
  afterAll(() => Promise.all([gateway.stop(), lenient.stop()]));

  const save = async (where: Gateway, url: string) =>
    where.call("POST", `/analytics/${provider}/configs`, { key: keys.get(where)!, body: await exampleSettings(provider, url) });
  const refused = () => ({ status: 422, body: { pointer: `/${field}`, errors: [{ pointer: `/${field}` }] } });

  it.each(privateUrls)("is refused for %s (%s), and taken where private targets are allowed", async (_, url) => {
    const answer = await save(gateway, url);
    expect(answer).toMatchObject({ ...refused(), body: { code: "target-not-allowed", pointer: `/${field}` } });
    expect(answer.text).not.toContain(url);
    const taken = await save(lenient, url);
    expect([taken.status, taken.body[field]]).toEqual([201, url]);
  });

  it.each(wrongForms)("is refused for %s (%s), allowed or not", async (_, url) => {
    for (const where of [gateway, lenient]) {
      const answer = await save(where, url);
      expect(answer).toMatchObject(refused());
      expect(answer.text).not.toContain("secret");
    }
  });

  it("is refused for http, and taken where private targets are allowed", async () => {
    expect(await save(gateway, "http://target.example/")).toMatchObject({ ...refused(), body: { code: "target-not-allowed" } });
    expect((await save(lenient, "http://127.0.0.1:9/")).status).toBe(201);
  });

  it("is refused in a patch too, which then changes nothing", async () => {
    const made = await save(gateway, "https://93.184.215.14/");
    expect(made.status).toBe(201);
    const url = `/analytics/${provider}/configs/${made.body.id}`;
    const key = keys.get(gateway)!;
    expect(await gateway.call("PATCH", url, { key, body: { [field]: "https://10.0.0.1/" } })).toMatchObject(refused());
    expect((await gateway.call("GET", url, { key })).body[field]).toBe("https://93.184.215.14/");
  });

  it("leaves no config behind when it is refused", async () => {
    const { key } = await newTenant(gateway);
    const body = await exampleSettings(provider, "https://10.0.0.1/");
    expect((await gateway.call("POST", `/analytics/${provider}/configs`, { key, body })).status).toBe(422);
    expect((await gateway.call("GET", `/analytics/${provider}/configs`, { key })).body.items).toEqual([]);
  });
});

describe("a private target that was saved while it was allowed", () => {
  it.each(["127.0.0.1", "localhost"])("gets no connection once it is not: %s", async (host) => {
    const server = await startLoopbackServer((response) => response.writeHead(202).end("ok"));
    onTestFinished(server.close);
    const data = join(temporaryFolder(), "data");
    const asked = consentFree.map(({ slug }) => slug);
    const event = { event_name: "pageview", page_url: "https://shop.example/" };
    const receiptOf = async (gateway: Gateway, key: string, isThere: (attempts: { failure?: string }[]) => boolean) => {
      const posted = await gateway.call("POST", "/analytics/events", { key, body: event });
      const attemptsOf = (deliveries: Record<string, { attempts: { failure?: string }[] }>) => Object.values(deliveries);
      const answer = await eventually(
        () => gateway.call("GET", `/analytics/events/${posted.body.results[0].id}`, { key }),
        ({ body }) => {
          const all = attemptsOf(body.deliveries);
          return all.length === asked.length && all.every(({ attempts }) => isThere(attempts));
        },
      );
      return answer.body.deliveries as Record<string, { outcome: string; attempts: { failure?: string; next_attempt_at?: string }[] }>;
    };

    const before = await startGateway({ data, env: { CARREAU_ALLOW_PRIVATE_TARGETS: "true" } });
    onTestFinished(async () => void (await before.kill()));
    const { key } = await newTenant(before);
    await activateConfigs(before, key, `http://${host}:${server.port}`, asked, { force: true });
    await receiptOf(before, key, (attempts) => attempts.length > 0);
    await before.halt();
    const made = server.connections.made;
    const after = await startGateway({ data, env: flagNotSet });
    onTestFinished(async () => void (await after.kill()));
    const deliveries = await receiptOf(after, key, (attempts) => attempts.length > 0);
    await after.halt();

    expect(made).toBeGreaterThan(0);
    // A retry may come soon, so that there may be several attempts.
    for (const { outcome, attempts } of Object.values(deliveries)) {
      expect(outcome).toBe("pending");
      expect(attempts.filter(({ failure }) => failure !== "target-refused")).toEqual([]);
      expect(attempts.at(-1)?.next_attempt_at).toEqual(expect.any(String));
    }
    expect(server.connections.made).toBe(made);
  });
});
