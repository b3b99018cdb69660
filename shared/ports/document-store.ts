import type { ContainerName } from "./containers.ts";

/** Every document names its partition (`pk`) and its `id` there; `ttl` is seconds from the last write, `-1` for never. */
export interface Document {
  readonly id: string;
  readonly pk: string;
  readonly ttl?: number;
}

/** A document as stored, with the tag that a conditional write compares. */
export interface Stored<D extends Document> {
  readonly document: D;
  readonly etag: string;
}

export type IndexedValue = string | number | boolean;

export interface Condition {
  readonly path: string;
  readonly op: "eq" | "in" | "lt" | "lte" | "gt" | "gte";
  readonly value: IndexedValue | readonly IndexedValue[];
}

/** A question to one partition. `where` and `orderBy` name paths of one index, else the adapter refuses (a programming error). */
export interface Query {
  readonly where: readonly Condition[];
  readonly orderBy: { readonly path: string; readonly direction: "asc" | "desc" };
  /** 1–1000. */
  readonly limit: number;
  /** From an earlier page of the same query; opaque, valid only with the adapter that gave it. */
  readonly continuation?: string;
}

export interface Page<D extends Document> {
  readonly items: readonly Stored<D>[];
  readonly continuation?: string;
}

/** Fields to set (`undefined` removes, but not in a batch) and numbers to add (a missing field counts as 0). Top-level fields only. */
export interface Changes {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly increment?: Readonly<Record<string, number>>;
}

export type WriteOperation =
  | { readonly type: "create"; readonly document: Document }
  | { readonly type: "replace"; readonly document: Document; readonly etag: string }
  | { readonly type: "upsert"; readonly document: Document }
  | { readonly type: "delete"; readonly id: string; readonly etag?: string }
  | { readonly type: "patch"; readonly id: string; readonly changes: Changes; readonly etag?: string }
  /** Adds to a counter document, any number of counters, and makes it from `initial` when it isn't there yet; `set` rides along. */
  | {
      readonly type: "increment";
      readonly initial: Document;
      readonly by: Readonly<Record<string, number>>;
      readonly set?: Readonly<Record<string, unknown>>;
    };

export type WriteFailure = "conflict" | "precondition-failed" | "not-found";

export type BatchResult =
  | { readonly applied: true; readonly etags: readonly (string | undefined)[] }
  /** Nothing of the batch was applied; `index` is the first operation that could not be. */
  | { readonly applied: false; readonly index: number; readonly reason: WriteFailure };

/**
 * Documents in containers, partitioned. Expected refusals are return values; a store that can't answer throws
 * `Problem("store-unavailable")`, after which a write may or may not have happened.
 */
export interface DocumentStore<C extends string = ContainerName> {
  get<D extends Document>(container: C, pk: string, id: string): Promise<Stored<D> | undefined>;
  create<D extends Document>(container: C, document: D): Promise<Stored<D> | "conflict">;
  replace<D extends Document>(container: C, document: D, etag: string): Promise<Stored<D> | WriteFailure>;
  upsert<D extends Document>(container: C, document: D): Promise<Stored<D> | "conflict">;
  delete(container: C, pk: string, id: string, etag?: string): Promise<"deleted" | "precondition-failed" | "not-found">;
  patch<D extends Document>(container: C, pk: string, id: string, changes: Changes, etag?: string): Promise<Stored<D> | WriteFailure>;
  /** All operations or none, in one partition; at most 100 (the limit of Cosmos DB). */
  batch(container: C, pk: string, operations: readonly WriteOperation[]): Promise<BatchResult>;
  query<D extends Document>(container: C, pk: string, query: Query): Promise<Page<D>>;
}
