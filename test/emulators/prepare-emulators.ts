import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CosmosClient } from "@azure/cosmos";
import { exampleSecrets } from "../../demo/example-secrets.ts";
import { createContainers } from "../../shared/adapters/azure/cosmos-containers.ts";
import { loadAzureConfig } from "../../shared/config/azure-config.ts";
import { containers } from "../../shared/ports/containers.ts";
import { everybody } from "../../shared/ports/secrets.ts";
import { mintSigningKey } from "../../shared/signing/signing-keys.ts";
import { mintAdminKey } from "../../shared/tenants/admin-key.ts";
import { untilReady } from "./emulators-ready.ts";
import { startKeyVaultEmulator } from "./keyvault/keyvault-emulator.ts";

/**
 * What a gateway needs beside Microsoft's emulators, with the settings of azure/local.settings.example.json: a database with its containers,
 * which it may not make itself, and a vault, of which there is no emulator. Serves the vault until it is stopped.
 */
const example = readFileSync(join(import.meta.dirname, "../../azure/local.settings.example.json"), "utf8");
const config = loadAzureConfig((JSON.parse(example) as { Values: Record<string, string> }).Values);

process.stderr.write("waiting until the emulators are ready\n");
await untilReady();
const client = new CosmosClient(config.COSMOS_CONNECTION!);
const { database } = await client.databases.createIfNotExists({ id: config.COSMOS_DATABASE });
await createContainers(database, containers);
client.dispose();

const adminKey = mintAdminKey();
const secrets = {
  [config.CARREAU_SIGNING_KEY_REF]: mintSigningKey(),
  [config.CARREAU_ADMIN_KEY_REF]: adminKey,
};
// The token that the gateway shows to a vault on this machine.
const vault = await startKeyVaultEmulator({ port: Number(new URL(config.KEYVAULT_URL).port), token: "local", secrets });
for (const [name, value] of Object.entries(await exampleSecrets())) {
  vault.set(name, value, { tags: { tenant_id: everybody } });
}
process.stdout.write(`vault at ${config.KEYVAULT_URL}, database ${config.COSMOS_DATABASE}, admin key ${adminKey}\n`);
