import { SecretClient } from "@azure/keyvault-secrets";
import { describe, expect, it, onTestFinished } from "vitest";
import { createKeyVaultSecrets, openSecretClient } from "../../../../shared/adapters/azure/key-vault-secrets.ts";
import { everybody } from "../../../../shared/ports/secrets.ts";
import { Problem } from "../../../../shared/problems/problem.ts";
import { secretsContract } from "../../../contracts/secrets.ts";
import { startKeyVaultEmulator } from "../../../emulators/keyvault/keyvault-emulator.ts";

/** What references call the vault, wherever it answers. */
const vaultUri = "https://carreau.vault.test";
const tenant = "tenant-a";
const ofTenant = { tags: { tenant_id: tenant } };

async function openVault() {
  const vault = await startKeyVaultEmulator();
  let now = Date.now();
  const client = new SecretClient(vault.url, vault.credential, { ...vault.clientOptions, retryOptions: { maxRetries: 0 } });
  const secrets = createKeyVaultSecrets(() => client, vaultUri, { now: () => now });
  const advance = (ms: number) => {
    now += ms;
  };
  return { vault, secrets, advance };
}

secretsContract("Key Vault", async () => {
  const { vault, secrets } = await openVault();
  return {
    secrets,
    vaultUri,
    put: async (name, value, owner = everybody) =>
      void vault.set(name, value ?? "", { enabled: value !== undefined, tags: { tenant_id: owner } }),
    close: () => vault.close(),
  };
});

describe("Key Vault secrets", () => {
  const opened = async () => {
    const open = await openVault();
    onTestFinished(() => open.vault.close());
    return open;
  };

  it("asks once for callers at the same time, and again after five minutes", async () => {
    const { vault, secrets, advance } = await opened();
    vault.set("shared", "one", ofTenant);
    await Promise.all(Array.from({ length: 20 }, () => secrets.get(tenant, "shared")));
    expect(vault.requestCount).toBe(1);
    vault.set("shared", "two", ofTenant);
    advance(299_000);
    expect(await secrets.get(tenant, "shared")).toBe("one");
    advance(2_000);
    expect(await secrets.get(tenant, "shared")).toBe("two");
  });

  it("counts the five minutes from the question, not from the answer", async () => {
    const { vault, secrets, advance } = await opened();
    vault.set("slow", "one", ofTenant);
    vault.inject({ kind: "delay", delayMs: 30 });
    const first = secrets.get(tenant, "slow");
    advance(4_000);
    await first;
    vault.set("slow", "two", ofTenant);

    advance(296_000);

    expect(await secrets.get(tenant, "slow")).toBe("two");
  });

  it("asks again for a missing secret after ten seconds", async () => {
    const { vault, secrets, advance } = await opened();
    expect(await secrets.get(tenant, "new")).toBe("not-found");
    vault.set("new", "one", ofTenant);
    expect(await secrets.get(tenant, "new")).toBe("not-found");

    advance(10_000);

    expect(await secrets.get(tenant, "new")).toBe("one");
  });

  it("gives the gateway its own secret, which has no owner, and no tenant, by name or URI", async () => {
    const { vault, secrets } = await opened();
    const version = vault.set("carreau-admin-key", "the operator's");
    expect(await secrets.getOwn("carreau-admin-key")).toBe("the operator's");
    for (const reference of ["carreau-admin-key", "Carreau-Admin-Key", `${vaultUri}/secrets/carreau-admin-key`]) {
      for (const place of [reference, `${vaultUri}/secrets/carreau-admin-key/${version}`]) {
        expect(await secrets.get(tenant, place)).toBe("not-found");
        expect(await secrets.get(everybody, place, { refresh: true })).toBe("not-found");
      }
    }
  });

  it("asks a version for its owner, not only the newest", async () => {
    const { vault, secrets } = await opened();
    const first = vault.set("handed-over", "old", ofTenant);
    vault.set("handed-over", "new", { tags: { tenant_id: "tenant-b" } });
    expect(await secrets.get("tenant-b", "handed-over")).toBe("new");
    expect(await secrets.get(tenant, "handed-over")).toBe("not-found");
    expect(await secrets.get("tenant-b", `${vaultUri}/secrets/handed-over/${first}`)).toBe("not-found");
  });

  it("does not take the answer of a question that was asked before the refresh", async () => {
    const { vault, secrets } = await opened();
    vault.set("rotated", "old", ofTenant);
    vault.inject({ kind: "delay", delayMs: 30 });
    const before = secrets.get(tenant, "rotated");
    const refreshed = [1, 2, 3].map(() => secrets.get(tenant, "rotated", { refresh: true }));

    await Promise.all([before, ...refreshed]);

    expect(vault.requestCount).toBe(2);
  });

  it("keeps a value over a refresh that fails, and what one secret holds apart from another's", async () => {
    const { vault, secrets } = await opened();
    vault.set("first", "one", ofTenant);
    vault.set("second", "two", ofTenant);
    expect([await secrets.get(tenant, "first"), await secrets.get(tenant, "second")]).toEqual(["one", "two"]);
    vault.inject({ kind: "status", status: 503, code: "ServiceUnavailable" });

    await expect(secrets.get(tenant, "first", { refresh: true })).rejects.toMatchObject({ code: "store-unavailable" });

    expect([await secrets.get(tenant, "first"), await secrets.get(tenant, "second")]).toEqual(["one", "two"]);
    expect(vault.requestCount).toBe(3);
  });

  it("gives the version that a URI names, and the newest to one without", async () => {
    const { vault, secrets } = await opened();
    const first = vault.set("rotated", "old", ofTenant);
    vault.set("rotated", "new", ofTenant);
    expect(await secrets.get(tenant, `${vaultUri}/secrets/rotated/${first}`)).toBe("old");
    expect(await secrets.get(tenant, `${vaultUri}/secrets/rotated`)).toBe("new");
  });

  it.each([
    { kind: "throttled", retryAfterSeconds: 30 } as const,
    { kind: "status", status: 403, code: "Forbidden" } as const,
    { kind: "drop" } as const,
  ])("says that the vault can't answer, not that the secret is missing: $kind", async (fault) => {
    const { vault, secrets } = await opened();
    vault.set("shared", "one", ofTenant);
    vault.inject(fault);
    const failed = secrets.get(tenant, "shared");
    await expect(failed).rejects.toThrow(Problem);
    await expect(failed).rejects.toMatchObject({ code: "store-unavailable" });
    expect(await secrets.get(tenant, "shared")).toBe("one");
  });

  it("says nothing of the secret in what it throws", async () => {
    const { vault, secrets } = await opened();
    vault.inject({ kind: "status", status: 403, code: "Forbidden" });

    const thrown = await secrets.get(tenant, "shared").catch((error: unknown) => error);

    expect((thrown as Error).cause).toEqual(new Error("Key Vault: 403"));
  });

  it("gets over a vault that throttles for a moment, with the client of the gateway", async () => {
    const { vault } = await opened();
    vault.set("shared", "one", ofTenant);
    vault.inject({ kind: "throttled", retryAfterSeconds: 0, times: 2 });
    const secrets = createKeyVaultSecrets(() => openSecretClient(vault.url, vault.credential), vaultUri, { now: Date.now });

    expect(await secrets.get(tenant, "shared")).toBe("one");
    expect(vault.requestCount).toBe(3);
  });
});
