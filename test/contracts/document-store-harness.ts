import type { ContainerDefinitions } from "../../shared/ports/containers.ts";
import type { Document, DocumentStore } from "../../shared/ports/document-store.ts";

/** The containers that the suite works on; every adapter opens its store with them. */
export const contractContainers: ContainerDefinitions = {
  things: {
    partitionKey: "/pk",
    defaultTtlSeconds: -1,
    indexes: [
      ["kind", "rank"],
      ["kind", "id"],
    ],
    uniqueKeys: [],
  },
  accounts: { partitionKey: "/pk", defaultTtlSeconds: null, indexes: [["id"]], uniqueKeys: [["email"]] },
  fleeting: { partitionKey: "/pk", defaultTtlSeconds: 60, indexes: [["id"]], uniqueKeys: [] },
};

export interface StoreHarness {
  readonly store: DocumentStore<string>;
  /** Moves the store's time. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** A document of the suite. */
export interface Thing extends Document {
  readonly kind?: string;
  readonly rank?: number;
  readonly count?: number;
  readonly note?: string;
}

let partitions = 0;
/** A partition that no other test uses, named like ours are. */
export const newPartition = (): string => `p${++partitions}|${partitions % 8}`;

/** A document of the suite. */
export const thing = (pk: string, id: string, fields: Partial<Thing> = {}): Thing => ({ id, pk, ...fields });
