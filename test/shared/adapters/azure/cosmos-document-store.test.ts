import { documentStoreContract } from "../../../contracts/document-store.ts";
import { contractContainers } from "../../../contracts/document-store-harness.ts";
import { openCosmosStore } from "../../../support/cosmos-store.ts";

documentStoreContract("Cosmos DB", () => openCosmosStore(contractContainers));
