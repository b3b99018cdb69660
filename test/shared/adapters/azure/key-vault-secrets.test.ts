import { SecretClient } from "@azure/keyvault-secrets";
import { describe, expect, it, onTestFinished } from "vitest";
import { createKeyVaultSecrets } from "../../../../shared/adapters/azure/key-vault-secrets.ts";
import { Problem } from "../../../../shared/problems/problem.ts";
import { secretsContract } from "../../../contracts/secrets.ts";
import { startKeyVaultEmulator } from "../../../emulators/keyvault/keyvault-emulator.ts";

/** What references call the vault, wherever it answers. */
const vaultUri = "https://carreau.vault.test";

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
    put: async (name, value) => void vault.set(name, value ?? "", { enabled: value !== undefined }),
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
    vault.set("shared", "one");
    await Promise.all(Array.from({ length: 20 }, () => secrets.get("shared")));
    expect(vault.requestCount).toBe(1);
    vault.set("shared", "two");
    advance(299_000);
    expect(await secrets.get("shared")).toBe("one");
    advance(2_000);
    expect(await secrets.get("shared")).toBe("two");
  });

  it("gives the version that a URI names, and the newest to one without", async () => {
    const { vault, secrets } = await opened();
    const first = vault.set("rotated", "old");
    vault.set("rotated", "new");
    expect(await secrets.get(`${vaultUri}/secrets/rotated/${first}`)).toBe("old");
    expect(await secrets.get(`${vaultUri}/secrets/rotated`)).toBe("new");
  });

  it.each([
    { kind: "throttled", retryAfterSeconds: 30 } as const,
    { kind: "status", status: 403, code: "Forbidden" } as const,
    { kind: "drop" } as const,
  ])("says that the vault can't answer, not that the secret is missing: $kind", async (fault) => {
    const { vault, secrets } = await opened();
    vault.set("shared", "one");
    vault.inject(fault);
    const failed = secrets.get("shared");
    await expect(failed).rejects.toThrow(Problem);
    await expect(failed).rejects.toMatchObject({ code: "store-unavailable" });
    expect(await secrets.get("shared")).toBe("one");
  });
});
