import { containers } from "../../shared/ports/containers.ts";
import type { DocumentStore } from "../../shared/ports/document-store.ts";
import { openCosmosStore } from "./cosmos-store.ts";
import { openTestStore } from "./embedded-store.ts";
import { FakeClock } from "./fake-clock.ts";

/** A store under a clock that the test moves. */
export interface ClockedStore {
  readonly store: DocumentStore;
  readonly clock: FakeClock;
  /** Moves both times at once, as for a machine that slept. */
  readonly jump: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

const onSqlite = async (): Promise<ClockedStore> => {
  const open = openTestStore();
  return { ...open, jump: (ms) => open.clock.jump(ms) };
};

const onCosmos = async (): Promise<ClockedStore> => {
  const open = await openCosmosStore(containers);
  const clock = new FakeClock(open.now());
  const jump = async (ms: number) => {
    await open.advance(ms);
    await clock.jump(ms);
  };
  return { store: open.store as DocumentStore, clock, jump, close: open.close };
};

/** Both families of stores, by name. */
export const clockedStores: readonly (readonly [string, () => Promise<ClockedStore>])[] = [
  ["SQLite", onSqlite],
  ["Cosmos DB", onCosmos],
];
