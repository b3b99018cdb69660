// npm run vault:secrets: makes what the gateway starts with, its admin key and its signing key, in the vault of KEYVAULT_URL where they are
// missing. azd runs it after it has made the vault. Never writes over a secret, and never shows one. A vault that is closed to this network is no
// error: azd goes on, and whoever runs it learns what to do.
import { setTimeout as wait } from "node:timers/promises";
import { type Filled, makeMissingSecret, openVaultOfDeployer, pauseMs } from "../shared/adapters/azure/fill-vault.ts";
import { loadVaultConfig } from "../shared/config/azure-config.ts";
import { mintSigningKey } from "../shared/signing/signing-keys.ts";
import { mintAdminKey } from "../shared/tenants/admin-key.ts";

const outcomes: Readonly<Record<Filled, string>> = {
  made: "made",
  there: "is there, left as it is",
  closed: 'nobody knows: the vault is closed to this network. Run this from within: docs/operations.md, "In a private network"',
};

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
    console.log(`${name}: ${outcomes[filled]}`);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
