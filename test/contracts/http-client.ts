import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpClient, OutgoingRequest } from "../../shared/ports/http-client.ts";
import { type LoopbackServer, startLoopbackServer } from "../support/loopback-server.ts";

/** What a suite may ask of the client it opens; the rest is as it would be in production. */
export interface HttpClientSettings {
  readonly allowPrivateTargets: boolean;
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  readonly connectTimeoutMs?: number;
  readonly answerBytesMax?: number;
}

export type OpenHttpClient = (settings: HttpClientSettings) => HttpClient;

/** A GET with nothing special. */
export function get(url: string, timeoutMs = 10_000): OutgoingRequest {
  return { method: "GET", url, headers: {}, timeoutMs };
}

/** What every HttpClient promises about requests and answers, on real servers of this machine; the guard has a suite of its own. */
export function httpClientContract(name: string, openClient: OpenHttpClient): void {
  describe(`HttpClient contract: ${name}`, () => {
    const opened: { close(): Promise<void> }[] = [];
    const open = (settings: Partial<HttpClientSettings> = {}) => {
      const client = openClient({ allowPrivateTargets: true, ...settings });
      opened.push(client);
      return client;
    };
    const serve = async (answer: Parameters<typeof startLoopbackServer>[0]): Promise<LoopbackServer> => {
      const server = await startLoopbackServer(answer);
      opened.push(server);
      return server;
    };
    afterEach(async () => {
      // Servers first: a client waits for what is still under way.
      for (const one of opened.splice(0).reverse()) await one.close();
    });

    it("sends method, path, query, headers and the body as UTF-8, and nothing of the fragment", async () => {
      const server = await serve((response) => response.end());

      await open().send({
        method: "POST",
        url: `${server.origin}/api/event?a=1&b=%C3%A9#part`,
        headers: { "content-type": "application/json", "x-test": "yes" },
        body: '{"town":"Malmö"}',
        timeoutMs: 10_000,
      });

      expect(server.requests).toEqual([
        {
          method: "POST",
          url: "/api/event?a=1&b=%C3%A9",
          headers: expect.objectContaining({ "content-type": "application/json", "x-test": "yes", "content-length": "17" }),
          body: '{"town":"Malmö"}',
        },
      ]);
    });

    it.each([200, 204, 400, 404, 413, 429, 500, 503])("answers status %i as an answer, not as a failure", async (status) => {
      const server = await serve((response) => response.writeHead(status).end(status === 204 ? undefined : "text"));

      const answer = await open().send(get(server.origin));

      expect(answer).toMatchObject({ kind: "answer", status, body: status === 204 ? "" : "text", truncated: false });
    });

    it("gives header names in lower case, and repeated ones joined", async () => {
      const server = await serve((response) => response.writeHead(200, { "X-Plausible-Dropped": "1", Via: ["a", "b"] }).end());

      const answer = await open().send(get(server.origin));

      expect(answer).toMatchObject({ headers: { "x-plausible-dropped": "1", via: "a, b" } });
    });

    it("waits for the answer behind an early hint", async () => {
      const server = await serve((response) => {
        response.writeEarlyHints({ link: "</style.css>; rel=preload" });
        response.end("final");
      });

      expect(await open().send(get(server.origin))).toMatchObject({ status: 200, body: "final" });
    });

    it.each([301, 302, 303, 307, 308])("returns a %i as it is and does not follow it", async (status) => {
      const elsewhere = await serve((response) => response.end("followed"));
      const server = await serve((response) => response.writeHead(status, { location: elsewhere.origin }).end());

      const answer = await open().send(get(server.origin));

      expect(answer).toMatchObject({ kind: "answer", status, headers: { location: elsewhere.origin } });
      expect(elsewhere.connections.made).toBe(0);
    });

    it("keeps an answer of exactly the cap whole", async () => {
      const server = await serve((response) => response.end("0123456789"));

      const answer = await open({ answerBytesMax: 10 }).send(get(server.origin));

      expect(answer).toMatchObject({ body: "0123456789", truncated: false });
    });

    it("cuts a longer answer, never through a character", async () => {
      const server = await serve((response) => response.end("€€€€"));

      const answer = await open({ answerBytesMax: 10 }).send(get(server.origin));

      expect(answer).toMatchObject({ kind: "answer", status: 200, body: "€€€", truncated: true });
    });

    it("cuts an endless answer and drops the connection instead of reading on", async () => {
      const server = await serve((response) => {
        const more = () => {
          while (!response.destroyed && response.write("x".repeat(16_384)));
        };
        response.on("drain", more);
        more();
      });

      const answer = await open({ answerBytesMax: 100_000 }).send(get(server.origin, 25_000));

      expect(answer).toMatchObject({ body: "x".repeat(100_000), truncated: true });
      await server.idle();
    });

    it("times out while the server thinks, and drops the connection", async () => {
      const server = await serve(() => {});

      const failure = await open().send(get(server.origin, 1_000));

      expect(failure).toEqual({ kind: "failure", reason: "timeout", sent: true });
      expect(server.requests).toHaveLength(1);
      await server.idle();
    });

    it("times out while the body drips, however regularly", async () => {
      const server = await serve((response) => {
        const drip = setInterval(() => response.write("."), 10);
        response.on("close", () => clearInterval(drip));
      });

      const failure = await open().send(get(server.origin, 1_000));

      expect(failure).toEqual({ kind: "failure", reason: "timeout", sent: true });
      await server.idle();
    });

    it("times out while the name resolves, and knows that nothing was sent", async () => {
      const server = await serve((response) => response.end());
      let found = (_: readonly string[]) => {};
      const resolve = () => new Promise<readonly string[]>((answer) => (found = answer));

      const failure = await open({ resolve }).send(get(`http://slow.test:${server.port}`, 50));
      found(["127.0.0.1"]);

      expect(failure).toEqual({ kind: "failure", reason: "timeout", sent: false });
      await open().send(get(server.origin));
      expect(server.requests).toHaveLength(1);
    });

    it("limits the time of connecting by itself", async () => {
      const resolve = () => new Promise<never>(() => {});

      const failure = await open({ resolve, connectTimeoutMs: 100 }).send(get("http://never.test", 25_000));

      expect(failure).toEqual({ kind: "failure", reason: "connect-failed", sent: false });
    });

    it("says connect-failed, not sent, where nobody listens", async () => {
      const server = await startLoopbackServer(() => {});
      await server.close();

      expect(await open().send(get(server.origin))).toEqual({ kind: "failure", reason: "connect-failed", sent: false });
    });

    it.each([
      ["does not resolve", () => Promise.reject(new Error("ENOTFOUND"))],
      ["has no address", async () => []],
    ])("says connect-failed, not sent, for a name that %s", async (_, resolve) => {
      expect(await open({ resolve }).send(get("http://nowhere.test"))).toEqual({ kind: "failure", reason: "connect-failed", sent: false });
    });

    it("tries the next address where nobody listens on the first", async () => {
      const server = await serve((response) => response.end("second"));

      const answer = await open({ resolve: async () => ["127.0.0.2", "127.0.0.1"] }).send(get(`http://two.test:${server.port}`));

      expect(answer).toMatchObject({ body: "second" });
    });

    it("says connection-lost, sent, when the server hangs up without an answer", async () => {
      const server = await serve((response) => response.socket?.destroy());

      expect(await open().send(get(server.origin))).toEqual({ kind: "failure", reason: "connection-lost", sent: true });
    });

    it("says connection-lost, sent, when the server resets the connection", async () => {
      const server = await serve((response) => response.socket?.resetAndDestroy());

      expect(await open().send(get(server.origin))).toEqual({ kind: "failure", reason: "connection-lost", sent: true });
    });

    it("says connection-lost, sent, when the answer stops half way", async () => {
      const server = await serve((response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("half", () => response.socket?.destroy());
      });

      expect(await open().send(get(server.origin))).toEqual({ kind: "failure", reason: "connection-lost", sent: true });
    });

    it("says connection-lost, sent, when the answer is not HTTP", async () => {
      const server = await serve((response) => response.socket?.end("SSH-2.0-OpenSSH_9.7\r\n"));

      expect(await open().send(get(server.origin))).toEqual({ kind: "failure", reason: "connection-lost", sent: true });
    });

    it.each([
      ["a header with a line break", { authorization: "Bearer abc\n" }],
      ["a header name that is none", { "x y": "1" }],
    ])("says request-invalid, not sent, for %s", async (_, headers) => {
      const server = await serve((response) => response.end());

      const failure = await open().send({ ...get(server.origin), headers });

      expect(failure).toEqual({ kind: "failure", reason: "request-invalid", sent: false });
      expect(server.requests).toHaveLength(0);
    });

    it("uses connections again", async () => {
      const server = await serve((response) => response.end("ok"));
      const client = open();

      for (let turn = 0; turn < 20; turn += 1) expect(await client.send(get(server.origin))).toMatchObject({ status: 200 });

      // Two, since a connection may rest for a moment between requests.
      expect(server.connections.made).toBeLessThanOrEqual(2);
    });

    it("lets no hanging request hold up another, not even to the same server", async () => {
      const held: ServerResponse[] = [];
      const server = await serve((response, { url }) => {
        if (url === "/fast") response.end("fast");
        else held.push(response);
      });
      const client = open();
      const hanging = Array.from({ length: 100 }, () => client.send(get(`${server.origin}/slow`, 60_000)));
      await expect.poll(() => held.length, { timeout: 30_000, interval: 10 }).toBe(100);

      const answer = await client.send(get(`${server.origin}/fast`));

      expect(answer).toMatchObject({ body: "fast" });
      for (const response of held) response.end("slow");
      expect(await Promise.all(hanging)).toEqual(hanging.map(() => expect.objectContaining({ body: "slow" })));
    });

    it("finishes what is under way when it is closed, and lets go of its connections", async () => {
      let finish = () => {};
      const arrived = Promise.withResolvers<void>();
      const server = await serve((response) => {
        finish = () => response.end("late");
        arrived.resolve();
      });
      const client = openClient({ allowPrivateTargets: true });
      const sending = client.send(get(server.origin));
      await arrived.promise;

      const closing = client.close();
      finish();

      expect(await sending).toMatchObject({ body: "late" });
      await closing;
      await server.idle();
    });
  });
}
