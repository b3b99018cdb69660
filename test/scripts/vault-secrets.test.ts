import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { SecretClient } from "@azure/keyvault-secrets";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadVaultConfig } from "../../shared/config/azure-config.ts";
import { readSigningKeys } from "../../shared/signing/signing-keys.ts";
import { startKeyVaultEmulator } from "../emulators/keyvault/keyvault-emulator.ts";

const root = join(import.meta.dirname, "../..");

/** Runs what `npm run vault:secrets` runs; answers what it said, and how it ended. */
async function run(env: Record<string, string>) {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "scripts/vault-secrets.ts"], {
    cwd: root,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

async function openVault() {
  // The token that our code shows to a vault on this machine.
  const vault = await startKeyVaultEmulator({ token: "local" });
  onTestFinished(() => vault.close());
  const client = new SecretClient(vault.url, vault.credential, vault.clientOptions);
  const read = async (name: string) => (await client.getSecret(name)).value!;
  return { vault, read };
}

describe("npm run vault:secrets", () => {
  it("makes both secrets under the names that the gateway reads, and shows neither", async () => {
    const { vault, read } = await openVault();
    const { code, stdout, stderr } = await run({ KEYVAULT_URL: vault.url });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe("carreau-admin-key: made\ncarreau-signing-key: made\n");
    const { CARREAU_ADMIN_KEY_REF, CARREAU_SIGNING_KEY_REF } = loadVaultConfig({ KEYVAULT_URL: vault.url });
    expect(await read(CARREAU_ADMIN_KEY_REF)).toMatch(/^ca_[\w-]{43}$/);
    expect(readSigningKeys(await read(CARREAU_SIGNING_KEY_REF))).toHaveLength(1);
  });

  it("leaves both as they are the next time, and makes only what is missing", async () => {
    const { vault, read } = await openVault();
    vault.set("carreau-signing-key", "of last year");
    expect((await run({ KEYVAULT_URL: vault.url })).stdout).toBe("carreau-admin-key: made\ncarreau-signing-key: is there, left as it is\n");
    const admin = await read("carreau-admin-key");
    expect((await run({ KEYVAULT_URL: vault.url })).code).toBe(0);
    expect([await read("carreau-admin-key"), await read("carreau-signing-key")]).toEqual([admin, "of last year"]);
  });

  it("makes them under the names that the settings give", async () => {
    const { vault, read } = await openVault();
    await run({ KEYVAULT_URL: vault.url, CARREAU_ADMIN_KEY_REF: "operator", CARREAU_SIGNING_KEY_REF: "signer" });
    expect(await read("operator")).toMatch(/^ca_/);
    expect(await read("signer")).toContain("BEGIN PRIVATE KEY");
  });

  it("says what to do where the vault is closed to this network, and lets the deployment go on", async () => {
    const { vault } = await openVault();
    vault.inject({ kind: "status", status: 403, code: "Forbidden", innerCode: "ForbiddenByConnection", times: 1_000 });
    const { code, stdout, stderr } = await run({ KEYVAULT_URL: vault.url });
    expect([code, stderr]).toEqual([0, ""]);
    for (const name of ["carreau-admin-key", "carreau-signing-key"]) {
      expect(stdout).toContain(`${name}: nobody knows: the vault is closed to this network. Run this from within: docs/operations.md`);
    }
    expect(readFileSync(join(root, "docs/operations.md"), "utf8")).toContain("\n### In a private network\n");
  });

  it("ends with an error, in one line, without a vault", async () => {
    expect(await run({})).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^KEYVAULT_URL: [^\n]+\n$/) as string });
  });
});
