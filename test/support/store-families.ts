import { containers } from "../../shared/ports/containers.ts";
import type { DocumentStore } from "../../shared/ports/document-store.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { openCosmosStore } from "./cosmos-store.ts";
import { openTestStore } from "./embedded-store.ts";

/** A store with the gateway's containers, and a clock that both go by. */
export interface FamilyStore extends Pick<Ports, "store" | "clock"> {
  /** At once, as for a machine that slept. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** The document store of each family, for what must hold on both. */
export const storeFamilies: readonly (readonly [name: string, open: () => Promise<FamilyStore>])[] = [
  [
    "SQLite",
    async () => {
      const { store, clock, close } = openTestStore();
      return { store, clock, advance: (ms) => clock.jump(ms), close };
    },
  ],
  [
    "Cosmos DB",
    async () => {
      const { store, now, advance, close } = await openCosmosStore(containers);
      return { store: store as DocumentStore, clock: { now, at: () => () => undefined }, advance, close };
    },
  ],
];
