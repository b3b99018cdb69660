import { randomUUID } from "node:crypto";
import { badRequest, conflict } from "./cosmos-error.ts";
import type { Entry, StoredDocument } from "./documents.ts";
import type { IndexingPolicy } from "./indexing-policy.ts";
import { OrderedEntries } from "./ordered-entries.ts";
import { nameOfPartition, type PartitionKey, partitionKeyOf, rangeIdOf } from "./partition-key.ts";
import type { ResourceIds } from "./resource-id.ts";
import { equal, type JsonObject, valueAt } from "./sql-values.ts";
import { isExpired } from "./ttl.ts";

export interface ContainerDefinition {
  readonly id: string;
  readonly partitionKey: { readonly paths: readonly string[]; readonly kind?: string; readonly version?: number };
  readonly indexingPolicy: IndexingPolicy;
  /** Seconds; -1 for documents that have their own. */
  readonly defaultTtl?: number | null | undefined;
  readonly uniqueKeyPolicy?: { readonly uniqueKeys?: readonly { readonly paths: readonly string[] }[] };
  readonly _self: string;
  readonly _rid: string;
}

/** What the containers of an account share. */
export interface Surroundings {
  readonly ids: ResourceIds;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The number of physical partitions. */
  readonly partitions: number;
}

/** Which entries to go through. */
export interface Selection {
  /** Of a logical partition, or of all with such a prefix. */
  readonly partitionKey?: PartitionKey | undefined;
  /** Of a physical partition. */
  readonly rangeId?: string | undefined;
  /** Only those created after this write. */
  readonly after?: number;
}

const withoutIndex: IndexingPolicy = {
  indexingMode: "consistent",
  automatic: true,
  includedPaths: [{ path: "/*" }],
  excludedPaths: [{ path: '/"_etag"/?' }],
};

/** The documents of a container. Every change can be undone, for batches, as long as nothing else has changed since. */
export class Container {
  definition: ContainerDefinition;
  readonly paths: readonly string[];
  readonly #surroundings: Surroundings;
  readonly #partitions = new Map<string, { readonly byId: Map<string, Entry>; readonly byCreation: OrderedEntries }>();
  readonly #byCreation = new OrderedEntries();
  readonly #byLsn = new OrderedEntries();
  readonly #uniques = new Map<string, Entry>();
  #lsn = 0;

  constructor(definition: Partial<ContainerDefinition> & { readonly id: string; _rid: string; _self: string }, surroundings: Surroundings) {
    const paths = definition.partitionKey?.paths;
    if (!paths?.length) throw badRequest("The partition key definition is missing or invalid.");
    this.paths = paths;
    this.#surroundings = surroundings;
    this.definition = {
      indexingPolicy: withoutIndex,
      ...definition,
      partitionKey: { kind: paths.length > 1 ? "MultiHash" : "Hash", version: 2, ...definition.partitionKey, paths },
    };
  }

  /** The number of the last write. */
  get lsn(): number {
    return this.#lsn;
  }

  get(partition: string, id: string): Entry | undefined {
    const entry = this.#partitions.get(partition)?.byId.get(id);
    if (!entry || !this.#isExpired(entry)) return entry;
    this.#unlink(entry);
    return undefined;
  }

  /** Writes a document, in place of an old one if there is one. Throws 409 if it breaks a unique key. */
  put(document: JsonObject & { readonly id: string }, old: Entry | undefined): { readonly entry: Entry; undo(): void } {
    const partition = nameOfPartition(partitionKeyOf(document, this.paths));
    const uniques = this.#uniquesOf(document, partition);
    if (uniques.some((unique) => this.#isTaken(unique, old))) throw conflict("Unique index constraint violation.");
    this.#lsn += 1;
    const entry: Entry = {
      document: this.#complete(document, old?.document._rid ?? this.#surroundings.ids.next(16)),
      partition,
      rangeId: old?.rangeId ?? rangeIdOf(partition, this.#surroundings.partitions),
      lsn: this.#lsn,
      createdLsn: old?.createdLsn ?? this.#lsn,
      uniques,
    };
    if (old) this.#unlink(old);
    this.#link(entry);
    const undo = () => {
      this.#unlink(entry);
      if (old) this.#link(old);
    };
    return { entry, undo };
  }

  remove(entry: Entry): { undo(): void } {
    this.#lsn += 1;
    this.#unlink(entry);
    return { undo: () => this.#link(entry) };
  }

  /** Live entries, in the order of their creation. */
  *entries({ partitionKey = [], rangeId, after = 0 }: Selection): Iterable<Entry> {
    if (partitionKey.length === this.paths.length) {
      const partition = this.#partitions.get(nameOfPartition(partitionKey));
      if (partition) yield* this.#select(partition.byCreation.after(after), {});
    } else yield* this.#select(this.#byCreation.after(after), { partitionKey, rangeId });
  }

  /** The latest version of live entries written after a write, in the order of the writes. */
  changes({ after = 0, ...selection }: Selection): Iterable<Entry> {
    return this.#select(this.#byLsn.after(after), selection);
  }

  *#select(entries: Iterable<Entry>, { partitionKey = [], rangeId }: Selection): Iterable<Entry> {
    for (const entry of entries) {
      const isWanted =
        (rangeId === undefined || entry.rangeId === rangeId) &&
        partitionKey.every((value, n) => equal(value, valueAt(entry.document, this.paths[n] ?? "")));
      if (isWanted && !this.#isExpired(entry)) yield entry;
    }
  }

  #complete(document: JsonObject & { readonly id: string }, rid: string): StoredDocument {
    return {
      ...document,
      _rid: rid,
      _self: `${this.definition._self}docs/${rid}/`,
      _etag: `"${randomUUID()}"`,
      _attachments: "attachments/",
      _ts: Math.floor(this.#surroundings.now() / 1000),
    };
  }

  #isExpired({ document }: Entry): boolean {
    return isExpired(document, this.definition.defaultTtl, this.#surroundings.now());
  }

  #uniquesOf(document: JsonObject, partition: string): string[] {
    return (this.definition.uniqueKeyPolicy?.uniqueKeys ?? []).map(({ paths }, n) =>
      JSON.stringify([partition, n, paths.map((path) => valueAt(document, path) ?? null)]),
    );
  }

  #isTaken(unique: string, old: Entry | undefined): boolean {
    const holder = this.#uniques.get(unique);
    return holder !== undefined && holder !== old && this.get(holder.partition, holder.document.id) !== undefined;
  }

  #link(entry: Entry): void {
    const partition = this.#partitions.get(entry.partition) ?? { byId: new Map(), byCreation: new OrderedEntries() };
    this.#partitions.set(entry.partition, partition);
    partition.byId.set(entry.document.id, entry);
    partition.byCreation.set(entry.createdLsn, entry);
    this.#byCreation.set(entry.createdLsn, entry);
    this.#byLsn.set(entry.lsn, entry);
    for (const unique of entry.uniques) this.#uniques.set(unique, entry);
  }

  #unlink(entry: Entry): void {
    const partition = this.#partitions.get(entry.partition);
    partition?.byId.delete(entry.document.id);
    partition?.byCreation.delete(entry.createdLsn);
    if (partition?.byId.size === 0) this.#partitions.delete(entry.partition);
    this.#byCreation.delete(entry.createdLsn);
    this.#byLsn.delete(entry.lsn);
    for (const unique of entry.uniques) if (this.#uniques.get(unique) === entry) this.#uniques.delete(unique);
  }
}
