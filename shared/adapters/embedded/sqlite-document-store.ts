import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ContainerDefinitions } from "../../ports/containers.ts";
import type {
  BatchResult,
  Changes,
  Document,
  DocumentStore,
  Page,
  Query,
  Stored,
  WriteFailure,
  WriteOperation,
} from "../../ports/document-store.ts";
import type { GroupCommit } from "./group-commit.ts";
import { preparing, queryDocuments } from "./sqlite-document-query.ts";
import type { SqliteDocuments } from "./sqlite-documents.ts";

/** The document store on the database file: reads at once, writes through the group commit. */
export class SqliteDocumentStore implements DocumentStore<string> {
  readonly #prepare: (sql: string) => StatementSync;
  readonly #containers: ContainerDefinitions;
  readonly #documents: SqliteDocuments;
  readonly #commit: GroupCommit;
  readonly #now: () => number;

  constructor(db: DatabaseSync, containers: ContainerDefinitions, documents: SqliteDocuments, commit: GroupCommit, now: () => number) {
    this.#prepare = preparing(db);
    this.#containers = containers;
    this.#documents = documents;
    this.#commit = commit;
    this.#now = now;
  }

  async get<D extends Document>(container: string, pk: string, id: string): Promise<Stored<D> | undefined> {
    return this.#documents.get<D>(container, pk, id);
  }

  async create<D extends Document>(container: string, document: D): Promise<Stored<D> | "conflict"> {
    return stored(document, await this.#commit.write(() => this.#documents.create(container, document)));
  }

  async replace<D extends Document>(container: string, document: D, etag: string): Promise<Stored<D> | WriteFailure> {
    return stored(document, await this.#commit.write(() => this.#documents.replace(container, document, etag)));
  }

  async upsert<D extends Document>(container: string, document: D): Promise<Stored<D> | "conflict"> {
    return stored(document, await this.#commit.write(() => this.#documents.upsert(container, document)));
  }

  delete(container: string, pk: string, id: string, etag?: string): Promise<"deleted" | "precondition-failed" | "not-found"> {
    return this.#commit.write(() => this.#documents.delete(container, pk, id, etag));
  }

  patch<D extends Document>(container: string, pk: string, id: string, changes: Changes, etag?: string): Promise<Stored<D> | WriteFailure> {
    return this.#commit.write(() => {
      const written = this.#documents.patch(container, pk, id, changes, etag);
      return typeof written === "string" ? written : this.#documents.get<D>(container, pk, id)!;
    });
  }

  batch(container: string, pk: string, operations: readonly WriteOperation[]): Promise<BatchResult> {
    return this.#commit.write(() => this.#documents.batch(container, pk, operations));
  }

  async query<D extends Document>(container: string, pk: string, query: Query): Promise<Page<D>> {
    return queryDocuments<D>(this.#prepare, this.#containers, container, pk, query, this.#now());
  }
}

function stored<D extends Document, F extends string>(document: D, written: number | F): Stored<D> | F {
  return typeof written === "string" ? written : { document, etag: String(written) };
}
