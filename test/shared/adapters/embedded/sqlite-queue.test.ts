import { queueContract } from "../../../contracts/queue.ts";
import { openTestStore } from "../../../support/embedded-store.ts";

queueContract("SQLite", async () => openTestStore());
