import { contractContainers, documentStoreContract } from "../../../contracts/document-store.ts";
import { openTestStore } from "../../../support/embedded-store.ts";

documentStoreContract("SQLite", async () => openTestStore(contractContainers) as never);
