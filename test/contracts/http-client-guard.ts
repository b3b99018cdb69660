import { afterEach, describe, expect, it } from "vitest";
import type { HttpClient } from "../../shared/ports/http-client.ts";
import { startLoopbackServer } from "../support/loopback-server.ts";
import { get, type OpenHttpClient } from "./http-client.ts";

const refused = { kind: "failure", reason: "target-refused", sent: false };

/** Hosts that are addresses, in every spelling that a URL parser understands. */
const privateLiterals = [
  ["loopback", "127.0.0.1"],
  ["loopback, elsewhere in its range", "127.8.9.10"],
  ["loopback, decimal", "2130706433"],
  ["loopback, hexadecimal", "0x7f000001"],
  ["loopback, octal", "0177.0.0.1"],
  ["loopback, shortened", "127.1"],
  ["loopback, mixed", "0x7f.1"],
  ["loopback, percent-encoded", "%31%32%37.0.0.1"],
  ["loopback, full-width digits", "１２７.0.0.1"],
  ["loopback, trailing dot", "127.0.0.1."],
  ["unspecified", "0.0.0.0"],
  ["unspecified, shortened", "0"],
  ["private 10/8", "10.1.2.3"],
  ["private 172.16/12", "172.31.255.255"],
  ["private 192.168/16", "192.168.1.1"],
  ["link-local", "169.254.1.1"],
  ["metadata", "169.254.169.254"],
  ["metadata, decimal", "2852039166"],
  ["WireServer", "168.63.129.16"],
  ["carrier-grade NAT", "100.64.0.1"],
  ["protocol assignments", "192.0.0.192"],
  ["documentation", "192.0.2.1"],
  ["benchmarking", "198.18.0.1"],
  ["multicast", "224.0.0.1"],
  ["reserved", "240.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["IPv6 loopback", "[::1]"],
  ["IPv6 loopback in full", "[0:0:0:0:0:0:0:1]"],
  ["IPv6 unspecified", "[::]"],
  ["IPv6 link-local", "[fe80::1]"],
  ["IPv6 site-local", "[fec0::1]"],
  ["IPv6 unique-local", "[fc00::1]"],
  ["IPv6 metadata", "[fd00:ec2::254]"],
  ["IPv6 multicast", "[ff02::1]"],
  ["IPv6 documentation", "[2001:db8::1]"],
  ["IPv6 discard", "[100::1]"],
  ["IPv6 not assigned", "[4000::1]"],
  ["IPv4-mapped loopback", "[::ffff:127.0.0.1]"],
  ["IPv4-mapped loopback, hexadecimal", "[::ffff:7f00:1]"],
  ["IPv4-mapped public address", "[::ffff:8.8.8.8]"],
  ["IPv4-compatible loopback", "[::127.0.0.1]"],
  ["IPv4-translated loopback", "[::ffff:0:127.0.0.1]"],
  ["NAT64 of metadata", "[64:ff9b::169.254.169.254]"],
  ["local NAT64", "[64:ff9b:1::10.0.0.1]"],
  ["6to4 of loopback", "[2002:7f00:1::]"],
  ["Teredo", "[2001:0:7f00:1::]"],
] as const;

const localNames = [
  "localhost",
  "LOCALHOST",
  "localhost.",
  "a.localhost",
  "metadata.google.internal",
  "internal",
  "vault.internal.",
  "printer.local",
];

/** What every HttpClient promises where targets must be public (spec 2.8): nothing gets a connection that should not. */
export function httpClientGuardContract(name: string, openClient: OpenHttpClient): void {
  describe(`HttpClient guard contract: ${name}`, () => {
    const opened: { close(): Promise<void> }[] = [];
    const open = (resolve: (hostname: string) => Promise<readonly string[]>, allowPrivateTargets = false): HttpClient => {
      const client = openClient({ allowPrivateTargets, resolve, connectTimeoutMs: 2_000 });
      opened.push(client);
      return client;
    };
    const neverAsked = () => Promise.reject(new Error("no name is to be resolved here"));
    const serve = async (answer: Parameters<typeof startLoopbackServer>[0] = (response) => response.end("reached")) => {
      const server = await startLoopbackServer(answer);
      opened.push(server);
      return server;
    };
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    it.each(privateLiterals)("refuses the address of %s (%s) at save and at connect", async (_, host) => {
      const client = open(neverAsked);

      expect(await client.checkTarget(`https://${host}/`)).toEqual({ refused: "its address is not a public one" });
      expect(await client.send(get(`https://${host}/`))).toEqual(refused);
    });

    it.each(localNames)("refuses the local name %s, whatever it resolves to", async (host) => {
      const client = open(async () => ["93.184.215.14"]);

      expect(await client.checkTarget(`https://${host}/`)).toEqual({ refused: "its host is a local name" });
      expect(await client.send(get(`https://${host}/`))).toEqual(refused);
    });

    it.each([
      "http://example.com/",
      "ftp://example.com/",
      "file:///etc/passwd",
      "//example.com/",
      "example.com",
      "https://",
      "https://user@example.com/",
      "https://user:password@example.com/",
      "https://:password@example.com/",
      "",
    ])("refuses %j for its form", async (url) => {
      const client = open(async () => ["93.184.215.14"]);

      expect(await client.checkTarget(url)).toEqual({ refused: expect.any(String) });
      expect(await client.send(get(url))).toEqual(refused);
    });

    it.each([
      "https://example.com/",
      "https://example.com:8443/path?query",
      "https://example.com./",
      "https://locallocalhost.com/",
      "https://my-internal.example/",
      "https://93.184.215.14/",
      "https://[2606:4700:4700::1111]/",
    ])("takes %s when it is saved", async (url) => {
      expect(await open(async () => ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]).checkTarget(url)).toBe("ok");
    });

    it("takes a name that does not resolve yet", async () => {
      expect(await open(() => Promise.reject(new Error("ENOTFOUND"))).checkTarget("https://soon.example/")).toBe("ok");
    });

    it.each([
      ["loopback", ["127.0.0.1"]],
      ["private", ["10.0.0.1"]],
      ["metadata", ["169.254.169.254"]],
      ["WireServer", ["168.63.129.16"]],
      ["IPv6 loopback", ["::1"]],
      ["IPv6 with a zone", ["fe80::1%eth0"]],
      ["IPv4-mapped", ["::ffff:127.0.0.1"]],
      ["public and private", ["93.184.215.14", "127.0.0.1"]],
      ["private and public", ["::1", "2606:4700:4700::1111"]],
      ["no address at all", ["elsewhere"]],
    ])("refuses a name that resolves to %s, at save and at connect, and connects to none of it", async (_, addresses) => {
      const server = await serve();
      const client = open(async () => addresses);
      const url = `https://tenant.example:${server.port}/`;

      expect(await client.checkTarget(url)).toEqual({ refused: "its host has an address that is not a public one" });
      expect(await client.send(get(url))).toEqual(refused);
      expect(server.connections.made).toBe(0);
    });

    it("refuses at connect a name that was public when it was saved (rebinding)", async () => {
      const server = await serve();
      const answers = [["93.184.215.14"], ["127.0.0.1"]];
      const client = open(async () => answers.shift() ?? []);
      const url = `https://rebind.example:${server.port}/`;

      expect(await client.checkTarget(url)).toBe("ok");
      expect(await client.send(get(url))).toEqual(refused);
      expect(server.connections.made).toBe(0);
      expect(answers).toEqual([]);
    });

    it("connects to the address that was checked, and asks for it once", async () => {
      const server = await serve();
      const asked: string[] = [];
      const client = open(async (hostname) => {
        asked.push(hostname);
        // A second question would lead to an address where nobody listens.
        return asked.length === 1 ? ["127.0.0.1"] : ["127.0.0.9"];
      }, true);

      const answer = await client.send(get(`http://does-not-exist.invalid:${server.port}/`));

      expect(answer).toMatchObject({ body: "reached" });
      expect(asked).toEqual(["does-not-exist.invalid"]);
      expect(server.requests[0]?.headers.host).toBe(`does-not-exist.invalid:${server.port}`);
    });

    it("takes http, addresses and local names where private targets are allowed, but still no password", async () => {
      const server = await serve();
      const client = open(async () => ["127.0.0.1"], true);

      expect(await client.checkTarget(`http://localhost:${server.port}/`)).toBe("ok");
      expect(await client.send(get(`http://localhost:${server.port}/`))).toMatchObject({ body: "reached" });
      expect(await client.send(get(`http://127.0.0.1:${server.port}/`))).toMatchObject({ body: "reached" });
      expect(await client.send(get(`http://user:password@127.0.0.1:${server.port}/`))).toEqual(refused);
      expect(await client.checkTarget("gopher://127.0.0.1/")).toEqual({ refused: expect.any(String) });
    });
  });
}
