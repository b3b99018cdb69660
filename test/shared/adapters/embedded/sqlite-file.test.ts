import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { DatabaseFileError, openSqliteFile } from "../../../../shared/adapters/embedded/sqlite-file.ts";
import { containers } from "../../../../shared/ports/containers.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

describe("the database file", () => {
  const made = () => {
    const path = join(temporaryFolder(), "carreau.sqlite");
    openSqliteFile(path, containers).close();
    return path;
  };
  const opening = (path: string) => () => openSqliteFile(path, containers).close();

  it("is made when it isn't there, and opened again later", () => {
    const path = made();
    expect(existsSync(path)).toBe(true);
    expect(opening(path)).not.toThrow();
  });

  it("can be read by its user only, and so can the write-ahead log", () => {
    const path = made();
    const db = openSqliteFile(path, containers);
    const folder = dirname(path);
    const files = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
    expect(Object.fromEntries(files)).toEqual({ "carreau.sqlite": 0o600, "carreau.sqlite-wal": 0o600 });
    db.close();
  });

  it("is durable: write-ahead log, full synchronisation, deleted content overwritten", () => {
    const db = openSqliteFile(made(), containers);
    const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect([pragma("journal_mode"), pragma("synchronous"), pragma("secure_delete")]).toEqual(["wal", 2, 1]);
    db.close();
  });

  it("belongs to one process at a time, and says so to the next", async () => {
    const path = made();
    const script = `import { openSqliteFile } from ${JSON.stringify(join(import.meta.dirname, "../../../../shared/adapters/embedded/sqlite-file.ts"))};
      openSqliteFile(${JSON.stringify(path)}, {}); console.log("open"); setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "-e", script]);
    onTestFinished(() => void other.kill("SIGKILL"));
    await once(other.stdout, "data");
    expect(opening(path)).toThrow(/in use by another process/);
    other.kill("SIGKILL");
    await once(other, "exit");
    expect(opening(path)).not.toThrow();
  });

  it.each([
    ["an empty file", (path: string) => truncateSync(path, 0)],
    ["a file cut in the middle", (path: string) => truncateSync(path, 12_288)],
    ["a file of something else", (path: string) => writeFileSync(path, "not a database at all, but long enough to look at")],
    [
      "garbage in the middle",
      (path: string) => {
        const bytes = readFileSync(path);
        bytes.fill(0xa5, 4_096, 16_384);
        writeFileSync(path, bytes);
      },
    ],
    ["a lost file whose log is still there", (path: string) => renameSync(path, `${path}-wal`)],
  ])("refuses %s with a clear message, and touches nothing", (_, damage) => {
    const path = made();
    damage(path);
    const before = existsSync(path) ? readFileSync(path) : undefined;
    expect(opening(path)).toThrow(DatabaseFileError);
    expect(existsSync(path) ? readFileSync(path) : undefined).toEqual(before);
  });

  it("refuses a file of a newer version", () => {
    const path = made();
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 999");
    db.close();
    expect(opening(path)).toThrow(/newer version/);
  });

  it("refuses another program's database", () => {
    const path = join(temporaryFolder(), "carreau.sqlite");
    const db = new DatabaseSync(path);
    db.exec("CREATE TABLE notes (text)");
    db.close();
    expect(opening(path)).toThrow(/another program/);
  });

  it("gives an index that came later what was stored before it", () => {
    const path = join(temporaryFolder(), "carreau.sqlite");
    const plain = { things: { partitionKey: "/pk", defaultTtlSeconds: null, indexes: [["id"]], uniqueKeys: [] } };
    const db = openSqliteFile(path, plain);
    db.exec(`INSERT INTO documents_things (pk, id, etag, body) VALUES ('p', 'a', 1, '{"id":"a","pk":"p","kind":"k"}')`);
    db.close();
    const again = openSqliteFile(path, { things: { ...plain.things, indexes: [["kind", "id"]] } });
    expect(again.prepare("SELECT id FROM documents_things WHERE pk = 'p' AND f_kind = 'k'").all()).toEqual([{ id: "a" }]);
    again.close();
  });
});
