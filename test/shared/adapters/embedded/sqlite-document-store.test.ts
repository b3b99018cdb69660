import { documentStoreContract } from "../../../contracts/document-store.ts";
import { contractContainers } from "../../../contracts/document-store-harness.ts";
import { openTestStore } from "../../../support/embedded-store.ts";

documentStoreContract("SQLite", async () => openTestStore(contractContainers) as never);
