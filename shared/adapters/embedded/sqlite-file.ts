import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { basename } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ContainerDefinitions } from "../../ports/containers.ts";
import { migrations } from "./sqlite-migrations.ts";
import { shapeTables } from "./sqlite-tables.ts";

/** "CARR": marks a file as ours (PRAGMA application_id). */
const applicationId = 0x43415252;
/** Above this size the start-up check reads only what SQLite reads anyway; `PRAGMA quick_check` takes about 2 s per GB. */
const checkedBytesMax = 512 * 1024 * 1024;

/** The database file can't be used as it is; the message says which file, what is wrong and what to do. */
export class DatabaseFileError extends Error {
  override readonly name = "DatabaseFileError";
}

/**
 * Opens (or, where there is none, makes) the gateway's database file and keeps it locked for this process.
 * Throws `DatabaseFileError` for a file that is damaged, not ours, newer than this version or in use; never replaces one.
 */
export function openSqliteFile(path: string, containers: ContainerDefinitions): DatabaseSync {
  if (!existsSync(path)) {
    makeFile(path, containers);
  }
  requireSqliteHeader(path);
  const db = new DatabaseSync(path);
  try {
    return prepareFile(db, path, containers);
  } catch (error) {
    db.close();
    throw asFileError(error, path);
  }
}

/** Made beside and renamed, so that a crash in between leaves no half-made file that a later start would have to judge. */
function makeFile(path: string, containers: ContainerDefinitions): void {
  if (existsSync(`${path}-wal`)) {
    throw new DatabaseFileError(
      `${path} is missing but ${basename(path)}-wal is there: restore the database file, or remove the -wal file too`,
    );
  }
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  // For its user only, as SQLite then makes the write-ahead log: both hold what waits, with visitors' addresses.
  closeSync(openSync(unfinished, "wx", 0o600));
  const db = new DatabaseSync(unfinished);
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL`);
  migrate(db);
  shapeTables(db, containers);
  db.close();
  renameSync(unfinished, path);
}

function requireSqliteHeader(path: string): void {
  const header = Buffer.alloc(16);
  const file = openSync(path, "r");
  try {
    readSync(file, header, 0, 16, 0);
  } finally {
    closeSync(file);
  }
  if (header.toString("latin1") !== "SQLite format 3\0") {
    throw new DatabaseFileError(`${path} is damaged or not a database: restore it from a backup, or move it away to start empty`);
  }
}

function prepareFile(db: DatabaseSync, path: string, containers: ContainerDefinitions): DatabaseSync {
  // Exclusive: one process per file, held until it ends however it ends. secure_delete: what is deleted is overwritten.
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
  db.exec("PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY");
  db.exec("BEGIN IMMEDIATE; COMMIT");
  const id = pragma(db, "application_id");
  if (id !== applicationId) {
    throw new DatabaseFileError(`${path} is a database of another program (application id ${id})`);
  }
  const version = pragma(db, "user_version");
  if (version > migrations.length) {
    throw new DatabaseFileError(
      `${path} was written by a newer version (format ${version}, this one knows ${migrations.length}): start that version`,
    );
  }
  if (statSync(path).size <= checkedBytesMax) {
    const row = db.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
    if (row.quick_check !== "ok") {
      throw new DatabaseFileError(`${path} is damaged (${row.quick_check}): restore it from a backup`);
    }
  }
  migrate(db);
  shapeTables(db, containers);
  return db;
}

function migrate(db: DatabaseSync): void {
  for (let version = pragma(db, "user_version"); version < migrations.length; version++) {
    db.exec(`BEGIN IMMEDIATE; ${migrations[version]}; PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}

function pragma(db: DatabaseSync, name: "application_id" | "user_version"): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;
}

/** SQLite's result codes: https://www.sqlite.org/rescode.html */
function asFileError(error: unknown, path: string): Error {
  const code = (error as { errcode?: number }).errcode;
  if (code === undefined) {
    return error as Error;
  }
  const why: Record<number, string> = {
    5: "is in use by another process: stop it first, or give this one another data folder",
    6: "is in use by another process: stop it first, or give this one another data folder",
    8: "can't be written: check its permissions",
    11: "is damaged: restore it from a backup",
    13: "can't be opened: the disk is full",
    14: "can't be opened: check its folder and permissions",
    26: "is damaged or not a database: restore it from a backup",
  };
  return new DatabaseFileError(`${path} ${why[code & 0xff] ?? `can't be opened (${(error as Error).message})`}`, { cause: error });
}
