import { systemClock } from "../../shared/adapters/common/system-clock.ts";
import type { Clock } from "../../shared/ports/clock.ts";

/** The machine's time, which a test can also move on: everything runs by itself, and nobody has to wait for tomorrow. */
export class MovingClock implements Clock {
  #ahead = 0;
  readonly #waiting = new Set<{ readonly time: number; readonly task: () => void; cancel: () => void }>();

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  at(time: number, task: () => void): () => void {
    const waiting = { time, task, cancel: () => {} };
    this.#waiting.add(waiting);
    this.#arm(waiting);
    return () => {
      waiting.cancel();
      this.#waiting.delete(waiting);
    };
  }

  /** Moves time on at once; what falls due by it runs soon. */
  jump(ms: number): void {
    this.#ahead += ms;
    for (const waiting of this.#waiting) {
      waiting.cancel();
      this.#arm(waiting);
    }
  }

  #arm(waiting: { readonly time: number; readonly task: () => void; cancel: () => void }): void {
    waiting.cancel = systemClock.at(waiting.time - this.#ahead, () => {
      this.#waiting.delete(waiting);
      waiting.task();
    });
  }
}
