import { createHash } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { FlagValue } from "../providers/definition.ts";

/** So long the provider is not asked again. */
export const freshMs = 30_000;
/** So long a value helps out when the provider can't say. */
export const staleMs = 600_000;
const entriesMax = 10_000;
/** Of all answers together, in UTF-16 units: payloads may be large. */
const charsMax = 32_000_000;

interface RememberedFlag extends FlagValue {
  readonly at: number;
}

export interface Remembered {
  /** The provider's whole answer is as new as may be. */
  readonly isFresh: boolean;
  readonly flags: ReadonlyMap<string, FlagValue>;
}

interface Entry {
  /** When the provider last said all; never, where it only said some. */
  readonly wholeAt: number | undefined;
  readonly flags: ReadonlyMap<string, RememberedFlag>;
  readonly chars: number;
}

/** What providers said lately, in memory; the longest unused is forgotten first. Keys are hashes: nothing of a visitor is kept. */
export class RememberedFlags {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Pick<Clock, "now">;
  #chars = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** The key of a question: equal for equal questions only. */
  static keyOf(...question: readonly unknown[]): string {
    return createHash("sha256").update(JSON.stringify(question)).digest("base64");
  }

  get(key: string): Remembered {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return { isFresh: false, flags: new Map() };
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const now = this.#clock.now();
    return {
      isFresh: entry.wholeAt !== undefined && now - entry.wholeAt < freshMs,
      flags: new Map([...entry.flags].filter(([, { at }]) => now - at < staleMs)),
    };
  }

  /** Keeps what was said; what an answer that is not whole leaves out stays as it was, and as old. */
  put(key: string, flags: Readonly<Record<string, FlagValue>>, isWhole: boolean): void {
    const now = this.#clock.now();
    const old = this.#entries.get(key);
    const said = Object.entries(flags).map(([name, flag]): [string, RememberedFlag] => [name, { ...flag, at: now }]);
    const all = new Map([...(isWhole ? [] : (old?.flags ?? [])), ...said]);
    const chars = JSON.stringify([...all]).length;
    this.#forget(key);
    this.#entries.set(key, { wholeAt: isWhole ? now : undefined, flags: all, chars });
    this.#chars += chars;
    while (this.#entries.size > entriesMax || this.#chars > charsMax) {
      this.#forget(this.#entries.keys().next().value!);
    }
  }

  #forget(key: string): void {
    this.#chars -= this.#entries.get(key)?.chars ?? 0;
    this.#entries.delete(key);
  }
}
