import { openCosmosClient } from "../../shared/adapters/azure/cosmos-client.ts";
import { createContainers } from "../../shared/adapters/azure/cosmos-containers.ts";
import { CosmosDocumentStore } from "../../shared/adapters/azure/cosmos-document-store.ts";
import type { ContainerDefinitions } from "../../shared/ports/containers.ts";
import { startCosmosEmulator } from "../emulators/cosmos/cosmos-emulator.ts";

/** The store on Cosmos DB against an emulator of its own, whose time the test moves. `charges` are those recorded so far. */
export async function openCosmosStore(definitions: ContainerDefinitions) {
  let passed = 0;
  const now = () => Date.now() + passed;
  const emulator = await startCosmosEmulator({ now });
  const client = openCosmosClient({ connectionString: emulator.connectionString });
  const { database } = await client.databases.createIfNotExists({ id: "carreau" });
  await createContainers(database, definitions);
  const charges: { container: string; operation: string; requestUnits: number }[] = [];
  const store = new CosmosDocumentStore(
    () => database,
    definitions,
    (container, operation, requestUnits) => void charges.push({ container, operation, requestUnits }),
  );
  return {
    store,
    emulator,
    charges,
    now,
    advance: async (ms: number) => {
      passed += ms;
    },
    close: async () => {
      client.dispose();
      await emulator.close();
    },
  };
}
