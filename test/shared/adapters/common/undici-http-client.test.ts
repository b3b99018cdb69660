import tls from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpClient } from "../../../../shared/adapters/common/undici-http-client.ts";
import { get, httpClientContract } from "../../../contracts/http-client.ts";
import { httpClientGuardContract } from "../../../contracts/http-client-guard.ts";
import { startLoopbackServer } from "../../../support/loopback-server.ts";
import { selfSignedCertificate } from "../../../support/self-signed-certificate.ts";

httpClientContract("undici", createHttpClient);
httpClientGuardContract("undici", createHttpClient);

describe("createHttpClient over TLS", () => {
  const certificate = selfSignedCertificate("collector.test");
  const trusted = tls.getCACertificates("default");
  const opened: { close(): Promise<void> }[] = [];
  const open = async () => {
    const server = await startLoopbackServer((response) => response.end("over TLS"), certificate);
    const client = createHttpClient({ allowPrivateTargets: true, resolve: async () => ["127.0.0.1"] });
    opened.push(client, server);
    return { client, server };
  };
  afterEach(async () => {
    tls.setDefaultCACertificates(trusted);
    for (const one of opened.splice(0)) await one.close();
  });

  it("checks the certificate against the URL's name, whatever address was connected to", async () => {
    tls.setDefaultCACertificates([...trusted, certificate.cert]);
    const { client, server } = await open();

    expect(await client.send(get(`https://collector.test:${server.port}/`))).toMatchObject({ status: 200, body: "over TLS" });
    expect(await client.send(get(`https://other.test:${server.port}/`))).toEqual({
      kind: "failure",
      reason: "connect-failed",
      sent: false,
    });
    expect(server.requests).toHaveLength(1);
  });

  it("sends nothing to a server whose certificate nobody vouches for", async () => {
    const { client, server } = await open();

    const failure = await client.send(get(`https://collector.test:${server.port}/`));

    expect(failure).toEqual({ kind: "failure", reason: "connect-failed", sent: false });
    expect(server.requests).toHaveLength(0);
  });
});
