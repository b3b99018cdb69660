import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { ContainerDefinition, ContainerDefinitions } from "../../ports/containers.ts";
import type { BatchResult, Changes, Document, Stored, WriteFailure, WriteOperation } from "../../ports/document-store.ts";
import { applyChanges } from "../common/apply-changes.ts";
import { requireBatch } from "../common/check-store-call.ts";
import { columnOf, indexedPaths, tableOf } from "./sqlite-tables.ts";

interface Row {
  readonly etag: number;
  readonly body: string;
}

interface Statements {
  readonly definition: ContainerDefinition;
  readonly paths: readonly string[];
  readonly get: StatementSync;
  readonly insert: StatementSync;
  readonly update: StatementSync;
  readonly remove: StatementSync;
}

type Written = number | WriteFailure;

/** Documents in the file's tables: every operation synchronous, to be run inside a group commit (writes) or at any time (reads). */
export class SqliteDocuments {
  readonly #db: DatabaseSync;
  readonly #containers: ContainerDefinitions;
  readonly #now: () => number;
  readonly #savepoint: { readonly open: StatementSync; readonly rollback: StatementSync; readonly release: StatementSync };
  readonly #statements = new Map<string, Statements>();
  /** Tags only need to differ from every earlier tag of the same document: counted on from the time of opening. */
  #lastEtag: number;

  constructor(db: DatabaseSync, containers: ContainerDefinitions, now: () => number) {
    this.#db = db;
    this.#containers = containers;
    this.#now = now;
    this.#savepoint = {
      open: db.prepare("SAVEPOINT batch"),
      rollback: db.prepare("ROLLBACK TO batch"),
      release: db.prepare("RELEASE batch"),
    };
    this.#lastEtag = Date.now() * 2048;
  }

  get<D extends Document>(container: string, pk: string, id: string): Stored<D> | undefined {
    const row = this.#of(container).get.get(pk, id, this.#now()) as Row | undefined;
    return row && { document: JSON.parse(row.body) as D, etag: String(row.etag) };
  }

  /** The new tag, or "conflict" when the id or a unique key is taken. */
  create(container: string, document: Document): number | "conflict" {
    const of = this.#of(container);
    if (this.#insert(of, document) || (this.#dropExpired(of, container, document) && this.#insert(of, document))) {
      return this.#lastEtag;
    }
    return "conflict";
  }

  replace(container: string, document: Document, etag: string | undefined): Written {
    const of = this.#of(container);
    const row = of.get.get(document.pk, document.id, this.#now()) as Row | undefined;
    if (row === undefined) {
      return "not-found";
    }
    if (etag !== undefined && etag !== String(row.etag)) {
      return "precondition-failed";
    }
    const { changes } = of.update.run(...this.#values(of, document), document.pk, document.id);
    return changes === 0 ? "conflict" : this.#lastEtag;
  }

  upsert(container: string, document: Document): number | "conflict" {
    const replaced = this.replace(container, document, undefined);
    return replaced === "not-found" ? this.create(container, document) : (replaced as number | "conflict");
  }

  delete(container: string, pk: string, id: string, etag?: string): "deleted" | "precondition-failed" | "not-found" {
    const of = this.#of(container);
    const row = of.get.get(pk, id, this.#now()) as Row | undefined;
    if (row === undefined) {
      return "not-found";
    }
    if (etag !== undefined && etag !== String(row.etag)) {
      return "precondition-failed";
    }
    of.remove.run(pk, id);
    return "deleted";
  }

  patch(container: string, pk: string, id: string, changes: Changes, etag?: string): Written {
    const stored = this.get<Document>(container, pk, id);
    if (stored === undefined) {
      return "not-found";
    }
    if (etag !== undefined && etag !== stored.etag) {
      return "precondition-failed";
    }
    return this.replace(container, applyChanges(stored.document, changes), undefined);
  }

  increment(container: string, initial: Document, changes: Changes): Written {
    const document = this.get<Document>(container, initial.pk, initial.id)?.document ?? initial;
    return this.upsert(container, applyChanges(document, changes));
  }

  /** All or nothing; the caller runs it in a transaction that a `BatchRefused` rolls back. */
  batch(container: string, pk: string, operations: readonly WriteOperation[]): BatchResult {
    requireBatch(pk, operations);
    this.#savepoint.open.run();
    const etags: (string | undefined)[] = [];
    for (const [index, operation] of operations.entries()) {
      const written = this.#apply(container, pk, operation);
      if (written === "conflict" || written === "precondition-failed" || written === "not-found") {
        this.#savepoint.rollback.run();
        this.#savepoint.release.run();
        return { applied: false, index, reason: written };
      }
      etags.push(written === "deleted" ? undefined : String(written));
    }
    this.#savepoint.release.run();
    return { applied: true, etags };
  }

  #apply(container: string, pk: string, operation: WriteOperation): Written | "deleted" {
    switch (operation.type) {
      case "create":
        return this.create(container, operation.document);
      case "replace":
        return this.replace(container, operation.document, operation.etag);
      case "upsert":
        return this.upsert(container, operation.document);
      case "delete":
        return this.delete(container, pk, operation.id, operation.etag);
      case "patch":
        return this.patch(container, pk, operation.id, operation.changes, operation.etag);
      case "increment":
        return this.increment(container, operation.initial, { increment: operation.by, set: operation.set ?? {} });
    }
  }

  /** Deletes up to `max` documents whose time to live is over; answers how many. */
  purgeExpired(max: number): number {
    let purged = 0;
    for (const container of Object.keys(this.#containers)) {
      const table = tableOf(container);
      purged += Number(
        this.#db
          .prepare(`DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at <= ? LIMIT ?)`)
          .run(this.#now(), max - purged).changes,
      );
    }
    return purged;
  }

  #insert(of: Statements, document: Document): boolean {
    return of.insert.run(document.pk, document.id, ...this.#values(of, document)).changes === 1;
  }

  /** An expired document no longer exists for anybody, so its id is free. */
  #dropExpired(of: Statements, container: string, document: Document): boolean {
    const expired = this.#db.prepare(`DELETE FROM ${tableOf(container)} WHERE pk = ? AND id = ? AND expires_at <= ?`);
    return of.definition.defaultTtlSeconds !== null && expired.run(document.pk, document.id, this.#now()).changes > 0;
  }

  #values(of: Statements, document: Document): SQLInputValue[] {
    const values: SQLInputValue[] = [++this.#lastEtag, this.#expiry(of.definition, document), JSON.stringify(document)];
    for (const path of of.paths) {
      values.push(asColumn((document as unknown as Record<string, unknown>)[path]));
    }
    return values;
  }

  #expiry({ defaultTtlSeconds }: ContainerDefinition, { ttl }: Document): number | null {
    const seconds = ttl ?? defaultTtlSeconds;
    return defaultTtlSeconds === null || seconds === null || seconds === -1 ? null : this.#now() + seconds * 1000;
  }

  #of(container: string): Statements {
    let of = this.#statements.get(container);
    if (of === undefined) {
      of = this.#prepare(container);
      this.#statements.set(container, of);
    }
    return of;
  }

  #prepare(container: string): Statements {
    const definition = this.#containers[container];
    if (definition === undefined) {
      throw new Error(`no container is called ${container}`);
    }
    const table = tableOf(container);
    const paths = indexedPaths(definition);
    const columns = ["etag", "expires_at", "body", ...paths.map(columnOf)];
    return {
      definition,
      paths,
      get: this.#db.prepare(`SELECT etag, body FROM ${table} WHERE pk = ? AND id = ? AND (expires_at IS NULL OR expires_at > ?)`),
      insert: this.#db.prepare(
        `INSERT INTO ${table} (pk, id, ${columns.join(", ")}) VALUES (?, ?, ${columns.map(() => "?").join(", ")}) ON CONFLICT DO NOTHING`,
      ),
      update: this.#db.prepare(`UPDATE OR IGNORE ${table} SET ${columns.map((name) => `${name} = ?`).join(", ")} WHERE pk = ? AND id = ?`),
      remove: this.#db.prepare(`DELETE FROM ${table} WHERE pk = ? AND id = ?`),
    };
  }
}

function asColumn(value: unknown): SQLInputValue {
  return typeof value === "string" || typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : null;
}
