import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFolder } from "../test/support/make-folder.ts";
import { pageView } from "./load.ts";
import type { Figure } from "./table.ts";

/** What node:sqlite itself inserts (d): one row per event, WAL and FULL, with and without sharing a commit. */
export async function measureSqlite(report: (figure: Figure) => void, rows: number): Promise<void> {
  for (const perCommit of [1, 10, 100]) {
    const folder = makeFolder();
    const db = new DatabaseSync(join(folder.path, "raw.db"));
    db.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    );
    const insert = db.prepare("INSERT INTO events VALUES (?, ?)");
    const body = JSON.stringify(pageView(1));
    const total = perCommit === 1 ? rows / 10 : rows;
    const startedAt = performance.now();
    for (let at = 0; at < total; at += perCommit) {
      db.exec("BEGIN IMMEDIATE");
      for (let i = at; i < at + perCommit; i++) {
        insert.run(String(i).padStart(36, "0"), body);
      }
      db.exec("COMMIT");
    }
    report({
      what: `d. raw node:sqlite, ${perCommit} per commit`,
      value: (total / (performance.now() - startedAt)) * 1000,
      unit: "rows/s",
    });
    db.close();
    folder.remove();
  }
}
