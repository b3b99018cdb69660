import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { SqliteDocuments } from "./sqlite-documents.ts";
import type { SqliteQueue } from "./sqlite-queue.ts";

const everyMs = 5_000;
const purgedMax = 2_000;

/**
 * Keeps the file tidy: removes what has expired, and empties the write-ahead log, where deleted messages (and the visitors'
 * addresses in them) would otherwise stand until they happen to be overwritten. Answers a function that stops it.
 */
export function maintainSqliteFile(
  db: DatabaseSync,
  commit: GroupCommit,
  documents: SqliteDocuments,
  queue: SqliteQueue,
  clock: Clock,
  log: Log,
): () => void {
  let cancel = () => {};
  let stopped = false;
  const run = async () => {
    try {
      await commit.write(() => documents.purgeExpired(purgedMax) + queue.purgeMessageIds(purgedMax));
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      log.error({ event: "sqlite_maintenance_failed", error: (error as Error).message });
    }
    if (!stopped) {
      cancel = clock.at(clock.now() + everyMs, run);
    }
  };
  cancel = clock.at(clock.now() + everyMs, run);
  return () => {
    stopped = true;
    cancel();
  };
}
