import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../ports/clock.ts";
import type { ContainerDefinitions } from "../../ports/containers.ts";
import type { Log } from "../../ports/log.ts";
import type { Ports } from "../../ports/ports.ts";
import type { QueueSettings } from "../../ports/queue.ts";
import { GroupCommit } from "./group-commit.ts";
import { readQueueLevels } from "./queue-levels.ts";
import { SqliteDocumentStore } from "./sqlite-document-store.ts";
import { SqliteDocuments } from "./sqlite-documents.ts";
import { openSqliteFile } from "./sqlite-file.ts";
import { maintainSqliteFile } from "./sqlite-maintenance.ts";
import { SqliteOutbox } from "./sqlite-outbox.ts";
import { SqliteQueue } from "./sqlite-queue.ts";

export type EmbeddedStore = Pick<Ports, "store" | "queue" | "outbox" | "close"> & Required<Pick<Ports, "queueLevels">>;

/**
 * Opens the store, the queue and the outbox of one machine: all in `carreau.sqlite` in the data folder, which is made
 * when it isn't there. Throws `DatabaseFileError` when the file can't be used.
 */
export function openEmbedded(
  folder: string,
  containers: ContainerDefinitions,
  queues: QueueSettings,
  clock: Clock,
  log: Log,
): EmbeddedStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const db = openSqliteFile(join(folder, "carreau.sqlite"), containers);
  const commit = new GroupCommit(db);
  const documents = new SqliteDocuments(db, containers, () => clock.now());
  const queue = new SqliteQueue(db, commit, clock, queues);
  const stopMaintenance = maintainSqliteFile(db, commit, documents, queue, clock, log);
  return {
    store: new SqliteDocumentStore(db, containers, documents, commit, () => clock.now()),
    queue,
    queueLevels: () => readQueueLevels(db, clock.now()),
    outbox: new SqliteOutbox(documents, queue, commit),
    close: async () => {
      stopMaintenance();
      commit.flush();
      // Closing the last connection folds the write-ahead log into the file and removes it.
      db.close();
    },
  };
}
