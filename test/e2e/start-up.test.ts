import { readFileSync, statSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually, failToStart, type GatewayOptions, newTenant, startGateway } from "../support/gateway.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const start = async (options: GatewayOptions) => {
  const gateway = await startGateway(options);
  onTestFinished(async () => void (await gateway.kill()));
  return gateway;
};
const dataFolder = () => join(temporaryFolder(), "data");
const event = { event_name: "pageview", page_url: "https://shop.example/" };

describe("the gateway starts", () => {
  it("on a free port with PORT=0, and says where in the one line of its standard output", async () => {
    const data = dataFolder();
    const gateway = await start({ data, env: { CARREAU_DEMO: "0" } });
    expect((await gateway.call("GET", "/")).status).toBe(200);
    await gateway.call("GET", "/analytics/events");
    await gateway.halt();
    expect(gateway.output()).toBe(`carreau listening on ${gateway.url}\n`);
    expect(gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("on the address and port that it is told", async () => {
    const first = await start({ data: dataFolder() });
    const { port } = new URL(first.url);
    await first.halt();
    const second = await start({ data: dataFolder(), env: { PORT: port, CARREAU_HOST: "127.0.0.2" } });
    expect(second.url).toBe(`http://127.0.0.2:${port}`);
    expect((await second.call("GET", "/")).status).toBe(200);
  });

  it("with an admin key of its own making when it is given none, which only its user can read, which it keeps and shows only once", async () => {
    const data = dataFolder();
    const none = { CARREAU_ADMIN_KEY: "" };
    const first = await start({ data, env: none });
    const file = join(data, "admin-key");
    const key = readFileSync(file, "utf8").trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(key).toMatch(/^ca_[\w-]{43}$/);
    expect(first.log()).toContain(key);
    expect((await first.call("GET", "/v1/admin/tenants", { key })).status).toBe(200);
    await first.halt();

    const second = await start({ data, env: none });

    expect(readFileSync(file, "utf8").trim()).toBe(key);
    expect((await second.call("GET", "/v1/admin/tenants", { key })).status).toBe(200);
    await second.halt();
    expect(second.log()).not.toContain(key);
  });

  it("with the admin key that it is given, and neither writes nor logs it", async () => {
    const data = dataFolder();
    const key = "operator-key-0123456789";
    const gateway = await start({ data, env: { CARREAU_ADMIN_KEY: ` ${key}\n` } });
    expect((await gateway.call("GET", "/v1/admin/tenants", { key })).status).toBe(200);
    expect((await gateway.call("GET", "/v1/admin/tenants", { key: gateway.adminKey })).status).toBe(401);
    await gateway.halt();
    expect(() => statSync(join(data, "admin-key"))).toThrow("ENOENT");
    expect(gateway.log()).not.toContain(key);
  });
});

describe("the gateway does not start", () => {
  it.each([
    ["PORT", "seven"],
    ["CARREAU_HOST", "192.0.2.1"],
    ["CARREAU_DATA", "below a file", join(import.meta.filename, "data")],
    ["CARREAU_SECRETS_FILE", "not JSON", import.meta.filename],
    ["CARREAU_SECRETS_FILE", "a folder", import.meta.dirname],
  ])("with a wrong %s (%s), and names it", async (name, described, value = described) => {
    const { code, output } = await failToStart({ CARREAU_DATA: dataFolder(), [name]: value });
    expect(code).toBe(1);
    expect(output).toMatch(/^carreau can't start: [^\n]+\n$/);
    expect(output).toContain(name);
  });

  it("with several wrong settings, and names all of them", async () => {
    const { output } = await failToStart({ CARREAU_DATA: dataFolder(), PORT: "x", CARREAU_LOG_LEVEL: "loud", CARREAU_HOST: "x" });
    expect(output.match(/PORT|CARREAU_LOG_LEVEL|CARREAU_HOST/g)?.sort()).toEqual(["CARREAU_HOST", "CARREAU_LOG_LEVEL", "PORT"]);
  });

  it("on data that another process uses, says so, and leaves that one in peace", async () => {
    const first = await start({ data: dataFolder() });
    const { key } = await newTenant(first);
    const { code, output } = await failToStart({ CARREAU_DATA: first.data });
    expect(code).toBe(1);
    expect(output).toMatch(/carreau can't start: .* is in use by another process/);
    expect((await first.call("POST", "/analytics/events", { key, body: event })).status).toBe(202);
  });

  it("on a port that is taken, and says so", async () => {
    const first = await start({ data: dataFolder() });
    const { code, output } = await failToStart({ CARREAU_DATA: dataFolder(), PORT: new URL(first.url).port });
    expect(code).toBe(1);
    expect(output).toMatch(/^(.*\n)*carreau can't start: PORT, CARREAU_HOST: .*EADDRINUSE.*\n$/);
  });
});

describe("the gateway stops", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("on %s with exit code 0", async (signal) => {
    const gateway = await start({ data: dataFolder() });
    await newTenant(gateway);
    expect(await gateway.halt(signal)).toBe(0);
  });

  it("after it has answered what is under way, which is then kept", async () => {
    const data = dataFolder();
    const gateway = await start({ data });
    const { key } = await newTenant(gateway);
    const { hostname, port } = new URL(gateway.url);
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", expect: "100-continue" };
    const request = http.request({ hostname, port, method: "POST", path: "/analytics/events", headers, agent: false });
    const answered = new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
      request.on("response", (response) => void json(response).then((body) => resolve({ status: response.statusCode, body }), reject));
      request.on("error", reject);
    });
    request.flushHeaders();
    await new Promise((resolve) => request.once("continue", resolve));
    const stopped = gateway.halt();
    await eventually(
      () => canConnect(hostname, Number(port)),
      (connected) => !connected,
    );

    request.end(JSON.stringify(event));

    const { status, body } = await answered;
    expect(status).toBe(202);
    expect(await stopped).toBe(0);
    const again = await start({ data });
    const { id } = (body as { results: [{ id: string }] }).results[0];
    expect((await again.call("GET", `/analytics/events/${id}`, { key })).status).toBe(200);
  });
});

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
