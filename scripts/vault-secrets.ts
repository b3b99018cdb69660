// npm run vault:secrets: makes what the gateway starts with, its admin key and its signing key, in the vault of KEYVAULT_URL where they are
// missing. azd runs it after it has made the vault. Never writes over a secret, and never shows one.
import { setTimeout as wait } from "node:timers/promises";
import { makeMissingSecret, openVaultOfDeployer, pauseMs } from "../shared/adapters/azure/fill-vault.ts";
import { loadVaultConfig } from "../shared/config/azure-config.ts";
import { mintSigningKey } from "../shared/signing/signing-keys.ts";
import { mintAdminKey } from "../shared/tenants/admin-key.ts";

try {
  const { KEYVAULT_URL, CARREAU_ADMIN_KEY_REF, CARREAU_SIGNING_KEY_REF } = loadVaultConfig(process.env);
  const vault = openVaultOfDeployer(KEYVAULT_URL);
  const needed = [
    [CARREAU_ADMIN_KEY_REF, mintAdminKey],
    [CARREAU_SIGNING_KEY_REF, mintSigningKey],
  ] as const;
  for (const [name, mint] of needed) {
    const filled = await makeMissingSecret(vault, name, mint, async () => {
      console.error(`${name}: the vault refuses who is signed in; a new role takes up to ten minutes, trying again`);
      await wait(pauseMs);
    });
    console.log(`${name}: ${filled === "made" ? "made" : "is there, left as it is"}`);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
