import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { probes, untilReady } from "./emulators-ready.ts";

const compose = readFileSync(join(import.meta.dirname, "../../infra/docker-compose.emulators.yaml"), "utf8");
const serviceIn = (name: string): string => compose.split(`\n  ${name}:\n`)[1]!.split(/\n {2}\w/)[0]!;

/** A server that answers 503 until it was asked so often. */
async function readyAfter(times: number) {
  let asked = 0;
  const server = createServer((_, response) => void response.writeHead(++asked > times ? 200 : 503).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ready`, asked: () => asked };
}

describe("Microsoft's emulators", () => {
  it("are waited for until each of them is ready, and asked no more once it is", async () => {
    const [quick, slow] = [await readyAfter(0), await readyAfter(3)];
    let pauses = 0;
    await untilReady({ quick: quick.url, slow: slow.url }, async () => void pauses++);
    expect([quick.asked(), slow.asked(), pauses]).toEqual([1, 4, 3]);
  });

  it("are named when they do not come, with what to look at", async () => {
    const [there, late] = [await readyAfter(0), await readyAfter(1_000)];
    const ready = untilReady({ there: there.url, late: late.url }, async () => {});
    await expect(ready).rejects.toThrow(`not ready: late (${late.url}). docker compose`);
    expect(late.asked()).toBe(120);
  });

  it("show on this machine's ports when they are ready", () => {
    for (const [name, url] of Object.entries(probes)) {
      const { port } = new URL(url);
      expect(serviceIn(name)).toContain(`- "127.0.0.1:${port}:${port}"`);
    }
  });

  it("start in order: Service Bus when its database answers, and again when it fails", () => {
    expect(serviceIn("sql")).toMatch(/healthcheck:\n {6}test: .*sqlcmd.* -Q .SELECT 1/);
    expect(serviceIn("servicebus")).toMatch(/depends_on:\n {6}sql:\n {8}condition: service_healthy\n {4}restart: on-failure\n/);
  });
});
