import type { DatabaseSync } from "node:sqlite";
import type { ContainerDefinition, ContainerDefinitions } from "../../ports/containers.ts";

/** The table of a container. */
export const tableOf = (container: string): string => `documents_${identifier(container)}`;

/** The column of an indexed path; `id` has one of its own. */
export const columnOf = (path: string): string => (path === "id" ? "id" : `f_${identifier(path)}`);

/** The paths that need a column because an index or a unique key names them. */
export const indexedPaths = (definition: ContainerDefinition): string[] => [
  ...new Set([...definition.indexes, ...definition.uniqueKeys].flat().filter((path) => path !== "id")),
];

/** Names come from our own definitions, yet nothing but word characters ever reaches SQL. */
function identifier(name: string): string {
  if (!/^[a-z][a-z0-9_-]*$/.test(name)) {
    throw new Error(`not a container or path name: ${name}`);
  }
  return name.replaceAll("-", "_");
}

/** Makes each container's table and indexes what its definition says; new indexed paths are filled from the documents. */
export function shapeTables(db: DatabaseSync, containers: ContainerDefinitions): void {
  for (const [container, definition] of Object.entries(containers)) {
    shapeTable(db, tableOf(container), definition);
  }
}

function shapeTable(db: DatabaseSync, table: string, definition: ContainerDefinition): void {
  db.exec("BEGIN IMMEDIATE");
  db.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (pk TEXT NOT NULL, id TEXT NOT NULL, etag INTEGER NOT NULL, expires_at INTEGER, body TEXT NOT NULL);
     CREATE UNIQUE INDEX IF NOT EXISTS ${table}_key ON ${table} (pk, id);
     CREATE INDEX IF NOT EXISTS ${table}_expiry ON ${table} (expires_at) WHERE expires_at IS NOT NULL`,
  );
  const columns = new Set(
    db
      .prepare(`PRAGMA table_info(${table})`)
      .all()
      .map((row) => row["name"]),
  );
  for (const path of indexedPaths(definition)) {
    const column = columnOf(path);
    if (!columns.has(column)) {
      db.exec(`ALTER TABLE ${table} ADD COLUMN ${column}; UPDATE ${table} SET ${column} = json_extract(body, '$.${path}')`);
    }
  }
  const wanted = new Map<string, string>();
  for (const paths of definition.indexes) {
    addIndex(wanted, table, "by", "INDEX", paths);
  }
  for (const paths of definition.uniqueKeys) {
    addIndex(wanted, table, "unique", "UNIQUE INDEX", paths);
  }
  const existing = db.prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?").all(table);
  for (const name of existing.map((row) => String(row["name"]))) {
    if (/_(by|unique)_/.test(name) && !wanted.delete(name)) {
      db.exec(`DROP INDEX ${name}`);
    }
  }
  for (const sql of wanted.values()) {
    db.exec(sql);
  }
  db.exec("COMMIT");
}

/** Partial: documents without the fields stay out of the index, as in Cosmos DB; `id` alone is served by the key. */
function addIndex(into: Map<string, string>, table: string, kind: string, what: string, paths: readonly string[]): void {
  const fields = paths.filter((path) => path !== "id");
  if (fields.length === 0) {
    return;
  }
  const name = `${table}_${kind}_${paths.map(identifier).join("_")}`;
  const present = fields.map((path) => `${columnOf(path)} IS NOT NULL`).join(" AND ");
  into.set(name, `CREATE ${what} ${name} ON ${table} (pk, ${paths.map(columnOf).join(", ")}) WHERE ${present}`);
}
