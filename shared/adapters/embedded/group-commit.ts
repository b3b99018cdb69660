import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Problem } from "../../problems/problem.ts";

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one writer of the file. Work handed in during a turn of the event loop commits together: one transaction and one
 * fsync for all of it, and each caller hears back only after that commit. Work is synchronous and may run twice (a failure
 * of one piece rolls all back and runs them one by one), so it must not touch anything but the database before it returns.
 */
export class GroupCommit {
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(db: DatabaseSync) {
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
  }

  /** Resolves with what `work` returned once it is on disk. Rejects with what it threw, or `store-unavailable`. */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (!this.#scheduled) {
        this.#scheduled = true;
        setImmediate(() => this.flush());
      }
    });
  }

  /** Commits what is waiting, now. */
  flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.#scheduled = false;
    if (group.length > 0 && !this.#runTogether(group)) {
      for (const one of group) {
        this.#runAlone(one);
      }
    }
  }

  #runTogether(group: readonly Waiting[]): boolean {
    const results: unknown[] = [];
    try {
      this.#begin.run();
      for (const { work } of group) {
        results.push(work());
      }
      this.#commit.run();
    } catch {
      this.#undo();
      return false;
    }
    for (let i = 0; i < group.length; i++) {
      group[i]!.resolve(results[i]);
    }
    return true;
  }

  #runAlone(one: Waiting): void {
    try {
      this.#begin.run();
      const result = one.work();
      this.#commit.run();
      one.resolve(result);
    } catch (error) {
      this.#undo();
      // An error of SQLite itself (disk full, I/O): nothing was kept, the caller may try again.
      const ofSqlite = (error as { errcode?: number }).errcode !== undefined;
      one.reject(ofSqlite ? new Problem("store-unavailable", undefined, { cause: error }) : error);
    }
  }

  #undo(): void {
    try {
      this.#rollback.run();
    } catch {
      // SQLite has rolled back by itself, as it does on a full disk.
    }
  }
}
