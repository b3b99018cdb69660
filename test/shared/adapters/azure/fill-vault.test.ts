import { SecretClient } from "@azure/keyvault-secrets";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeMissingSecret } from "../../../../shared/adapters/azure/fill-vault.ts";
import { startKeyVaultEmulator } from "../../../emulators/keyvault/keyvault-emulator.ts";

const value = "a-secret-that-nobody-may-see";

async function openVault() {
  const vault = await startKeyVaultEmulator();
  onTestFinished(() => vault.close());
  const client = new SecretClient(vault.url, vault.credential, { ...vault.clientOptions, retryOptions: { maxRetries: 0 } });
  let pauses = 0;
  const make = (name: string, mint = () => value) => makeMissingSecret(client, name, mint, async () => void pauses++);
  const versions = async (name: string) => {
    const { value: newest } = await client.getSecret(name);
    return newest;
  };
  return { vault, client, make, newest: versions, pauses: () => pauses };
}

describe("a secret that the gateway starts with", () => {
  it("is made where the vault has none", async () => {
    const { make, newest } = await openVault();
    expect(await make("carreau-admin-key")).toBe("made");
    expect(await newest("carreau-admin-key")).toBe(value);
  });

  it("is left as it is where there is one, and no other is even made", async () => {
    const { vault, make, newest } = await openVault();
    vault.set("carreau-signing-key", "older");
    const mint = () => {
      throw new Error("minted");
    };
    expect(await make("carreau-signing-key", mint)).toBe("there");
    expect(await newest("carreau-signing-key")).toBe("older");
  });

  it("is left as it is where somebody has disabled it", async () => {
    const { vault, client, make } = await openVault();
    vault.set("carreau-signing-key", "leaked", { enabled: false });
    expect(await make("carreau-signing-key")).toBe("there");
    await expect(client.getSecret("carreau-signing-key")).rejects.toMatchObject({ statusCode: 403 });
  });

  it("is made once a role that is still new counts", async () => {
    const { vault, make, newest, pauses } = await openVault();
    vault.inject({ kind: "status", status: 403, code: "Forbidden", times: 3 });
    expect(await make("carreau-admin-key")).toBe("made");
    expect([await newest("carreau-admin-key"), pauses()]).toEqual([value, 3]);
  });

  it("is given up after ten minutes without the role, which is named", async () => {
    const { vault, make, pauses } = await openVault();
    vault.inject({ kind: "status", status: 403, code: "Forbidden", times: 1_000 });
    await expect(make("carreau-admin-key")).rejects.toThrow(/^carreau-admin-key: .*Key Vault Secrets Officer/);
    expect(pauses()).toBe(40);
  });

  it.each(["ForbiddenByConnection", "ForbiddenByFirewall"])(
    "is neither made nor waited for where the vault is closed to the network: %s",
    async (innerCode) => {
      const { vault, make, pauses } = await openVault();
      vault.inject({ kind: "status", status: 403, code: "Forbidden", innerCode, times: 1_000 });
      expect(await make("carreau-admin-key")).toBe("closed");
      expect([vault.requestCount, pauses()]).toEqual([1, 0]);
    },
  );

  it("is not made in the place of one that was deleted and can be recovered", async () => {
    const { vault, client, make } = await openVault();
    const refused = { kind: "status", status: 409, code: "Conflict" } as const;
    const set = client.setSecret.bind(client);
    client.setSecret = (...secret) => {
      vault.inject(refused);
      return set(...secret);
    };
    await expect(make("carreau-signing-key")).rejects.toThrow("carreau-signing-key: it was deleted and can be recovered");
  });

  it("stays out of the message when the vault fails", async () => {
    const { vault, make, pauses } = await openVault();
    vault.inject({ kind: "status", status: 500, code: "InternalError" });
    const refused = await make("carreau-admin-key").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Error);
    expect((refused as Error).message).toMatch(/^carreau-admin-key: the vault can't be used/);
    expect(`${(refused as Error).stack} ${JSON.stringify(refused)}`).not.toContain(value);
    expect(pauses()).toBe(0);
  });
});
