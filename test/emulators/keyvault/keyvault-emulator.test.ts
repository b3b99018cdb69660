import { SecretClient } from "@azure/keyvault-secrets";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KeyVaultEmulator, startKeyVaultEmulator } from "./keyvault-emulator.ts";

let vault: KeyVaultEmulator;
beforeEach(async () => {
  vault = await startKeyVaultEmulator({ secrets: { "api-key": "one" } });
});
afterEach(() => vault.close());

const open = (maxRetries: number, credential = vault.credential) =>
  new SecretClient(vault.url, credential, { ...vault.clientOptions, retryOptions: { maxRetries, retryDelayInMs: 1 } });

describe("setting up", () => {
  it("gives what it was started with, and what was set since", async () => {
    const client = open(0);
    expect((await client.getSecret("api-key")).value).toBe("one");

    const version = vault.set("api-key", "two");
    vault.set("api-key", "three", { enabled: false });

    expect((await client.getSecret("api-key", { version })).value).toBe("two");
    await expect(client.getSecret("api-key")).rejects.toMatchObject({ statusCode: 403 });
  });
});

describe("the client's own guards", () => {
  it.each(["disableChallengeResourceVerification", "allowInsecureConnection"] as const)(
    "keep it from this vault without %s",
    async (guard) => {
      const options = { ...vault.clientOptions, [guard]: false, retryOptions: { maxRetries: 0 } };

      await expect(new SecretClient(vault.url, vault.credential, options).getSecret("api-key")).rejects.toThrow();

      expect(vault.requestCount).toBe(0);
    },
  );
});

describe("what is not emulated", () => {
  it("is refused rather than done wrongly", async () => {
    const refused = { statusCode: expect.toSatisfy((status: number) => status >= 400 && status < 500) };

    await expect(open(0).listPropertiesOfSecrets().next()).rejects.toMatchObject(refused);
    await expect(open(0).beginDeleteSecret("api-key")).rejects.toMatchObject(refused);

    expect((await open(0).getSecret("api-key")).value).toBe("one");
  });
});

describe("tokens", () => {
  it("401: tells a request without token where tokens are made", async () => {
    const response = await fetch(`${vault.url}/secrets/api-key?api-version=7.6`);

    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer authorization="https:.*", resource="https:\/\/vault\.azure\.net"$/);
    expect(vault.requestCount).toBe(0);
  });

  it("401: turns away a wrong token", async () => {
    const client = open(0, { getToken: async () => ({ token: "forged", expiresOnTimestamp: Date.now() + 60_000 }) });

    await expect(client.getSecret("api-key")).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe("faults", () => {
  it("throttles, which the client's own retry gets over when there are few", async () => {
    vault.inject({ kind: "throttled", retryAfterSeconds: 0, times: 2 });

    expect((await open(2).getSecret("api-key")).value).toBe("one");

    expect(vault.requestCount).toBe(3);
  });

  it("429: says when to come back", async () => {
    vault.inject({ kind: "throttled", retryAfterSeconds: 7 });

    const refused = open(0).getSecret("api-key");

    await expect(refused).rejects.toMatchObject({ statusCode: 429 });
    const { response } = (await refused.catch((error: unknown) => error)) as { response: { headers: { get(name: string): string } } };
    expect(response.headers.get("retry-after")).toBe("7");
  });

  it("answers with any status, one fault after the other", async () => {
    vault.inject({ kind: "status", status: 503, code: "ServiceUnavailable" });
    vault.inject({ kind: "status", status: 403, code: "ForbiddenByPolicy" });
    const client = open(0);

    await expect(client.getSecret("api-key")).rejects.toMatchObject({ statusCode: 503 });
    await expect(client.getSecret("api-key")).rejects.toMatchObject({ statusCode: 403, code: "ForbiddenByPolicy" });

    expect((await client.getSecret("api-key")).value).toBe("one");
  });

  it("answers too late for a caller with little patience", async () => {
    vault.inject({ kind: "delay", delayMs: 600_000 });

    await expect(open(0).getSecret("api-key", { abortSignal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: "AbortError" });
  });

  it("answers late to a caller with patience", async () => {
    vault.inject({ kind: "delay", delayMs: 20 });

    expect((await open(0).getSecret("api-key")).value).toBe("one");
  });

  it("ends the connection without an answer", async () => {
    vault.inject({ kind: "drop" });

    await expect(open(0).getSecret("api-key")).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});
