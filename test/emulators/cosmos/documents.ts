import type { JsonObject } from "./sql-values.ts";

/** A document with what the service adds to it. */
export interface StoredDocument extends JsonObject {
  readonly id: string;
  readonly _rid: string;
  readonly _self: string;
  readonly _etag: string;
  /** Of the last write, in seconds since the epoch. */
  readonly _ts: number;
}

/** A document in its container. */
export interface Entry {
  readonly document: StoredDocument;
  /** Names the logical partition. */
  readonly partition: string;
  /** The physical partition it lies in. */
  readonly rangeId: string;
  /** Of the last write; goes up with every write in the container. */
  readonly lsn: number;
  /** Of the write that created it. */
  readonly createdLsn: number;
  /** Its values of unique keys. */
  readonly uniques: readonly string[];
}
