import { randomUUID } from "node:crypto";
import { DefaultAzureCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startKeyVaultEmulator } from "./keyvault-emulator.ts";

/** A vault to hold the same promises to; we need the right to set and delete secrets in it. */
const real = process.env.KEYVAULT_URL;

/** Unique, as the names of deleted secrets stay taken. */
const name = `carreau-conformance-${randomUUID()}`;
const disabled = `${name}-disabled`;
let client: SecretClient;
let close: () => Promise<unknown>;

beforeAll(async () => {
  if (real) {
    client = new SecretClient(real, new DefaultAzureCredential());
    close = () => Promise.all([name, disabled].map((each) => client.beginDeleteSecret(each)));
    return;
  }
  const vault = await startKeyVaultEmulator();
  client = new SecretClient(vault.url, vault.credential, vault.clientOptions);
  close = vault.close;
});
afterAll(() => close());

describe("a vault", () => {
  it("gives the latest version of a secret, and every older one by its version", async () => {
    const first = await client.setSecret(name, "one", { contentType: "text/plain" });
    const second = await client.setSecret(name, "two");

    const latest = await client.getSecret(name);
    const older = await client.getSecret(name, { version: first.properties.version! });

    expect(latest).toMatchObject({ name, value: "two", properties: { version: second.properties.version, enabled: true } });
    expect(older).toMatchObject({ name, value: "one", properties: { contentType: "text/plain" } });
    expect(older.properties.version).toMatch(/^[0-9a-f]{32}$/);
    expect(older.properties.createdOn).toBeInstanceOf(Date);
  });

  it("ignores the case of a name", async () => {
    const { value } = await client.setSecret(name, "three");

    expect((await client.getSecret(name.toUpperCase())).value).toBe(value);
  });

  it("404: knows neither other secrets nor other versions", async () => {
    await client.setSecret(name, "four");

    const missing = { statusCode: 404, code: "SecretNotFound" };
    await expect(client.getSecret(`${name}-missing`)).rejects.toMatchObject(missing);
    await expect(client.getSecret(name, { version: "0".repeat(32) })).rejects.toMatchObject(missing);
  });

  it("403: keeps a disabled secret to itself", async () => {
    await client.setSecret(disabled, "x", { enabled: false });

    await expect(client.getSecret(disabled)).rejects.toMatchObject({ statusCode: 403, code: "Forbidden" });
  });

  it("400: refuses a name that no secret can have", async () => {
    await expect(client.setSecret("under_score", "x")).rejects.toMatchObject({ statusCode: 400, code: "BadParameter" });
  });
});
