import { CosmosClient } from "@azure/cosmos";
import { exampleSecrets } from "../../demo/example-secrets.ts";
import { createContainers } from "../../shared/adapters/azure/cosmos-containers.ts";
import { queueSettings } from "../../shared/composition/queue-settings.ts";
import { dispatchQueue } from "../../shared/delivery/messages.ts";
import { eventsQueue } from "../../shared/events/events-message.ts";
import { containers } from "../../shared/ports/containers.ts";
import { everybody } from "../../shared/ports/secrets.ts";
import { providers } from "../../shared/providers/registry.ts";
import { mintSigningKey } from "../../shared/signing/signing-keys.ts";
import { startCosmosEmulator } from "./cosmos/cosmos-emulator.ts";
import { startKeyVaultEmulator } from "./keyvault/keyvault-emulator.ts";
import { startServiceBusEmulator } from "./servicebus/servicebus-emulator.ts";

/** The gateway on the cloud's services without a cloud: starts our test servers in this process, and the gateway on them. */
const database = "carreau";
const cosmos = await startCosmosEmulator();
const names = [eventsQueue, ...providers.map(({ slug }) => dispatchQueue(slug))];
const serviceBus = await startServiceBusEmulator({ queues: Object.fromEntries(names.map((name) => [name, queueSettings])) });
// The token that the gateway shows to a vault on this machine.
const vault = await startKeyVaultEmulator({ token: "local", secrets: { "carreau-signing-key": mintSigningKey() } });
for (const [name, value] of Object.entries(await exampleSecrets())) {
  vault.set(name, value, { tags: { tenant_id: everybody } });
}

const client = new CosmosClient(cosmos.connectionString);
await createContainers((await client.databases.createIfNotExists({ id: database })).database, containers);
client.dispose();

Object.assign(process.env, {
  COSMOS_CONNECTION: cosmos.connectionString,
  COSMOS_DATABASE: database,
  SERVICEBUS_CONNECTION: serviceBus.connectionString,
  KEYVAULT_URL: vault.url,
});
await import("../../functions/azure.ts");
