import type { Clock } from "../../shared/ports/clock.ts";

interface Pending {
  readonly time: number;
  readonly task: () => void;
}

/** Time that moves only when a test moves it; 2026-01-01 to begin with. */
export class FakeClock implements Clock {
  #now: number;
  readonly #pending = new Set<Pending>();

  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, task: () => void): () => void {
    const pending = { time, task };
    this.#pending.add(pending);
    if (time <= this.#now) setImmediate(() => this.#run(pending));
    return () => {
      this.#pending.delete(pending);
    };
  }

  /** Moves time on by `ms`, running what falls due in order, each at its own time, also what is planned on the way; promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.time);
      this.#run(next);
      await settled();
    }
    this.#now = end;
  }

  /** Moves time on at once, as for a machine that slept: what fell due runs afterwards, at the new time. */
  async jump(ms: number): Promise<void> {
    this.#now += ms;
    await this.advance(0);
  }

  /** How many tasks wait, so that a test can show that nothing was left behind. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  #next(end: number): Pending | undefined {
    let next: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.time <= end && (!next || pending.time < next.time)) next = pending;
    }
    return next;
  }

  #run(pending: Pending): void {
    if (this.#pending.delete(pending)) pending.task();
  }
}

/** Resolves after every promise chain that needs no input or output has run to its end. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
