/** A message is put off for so long at least, */
const waitMsMin = 50;
/** and at most, if its line is slow. */
const slowWaitMsMax = 60_000;
/** Who comes too early is put off once more, which costs less (0.6 ms) than a place that is empty: turns are given in half the time that they need, */
const haste = 2;
/** and at this distance at most, since a line that is held up goes on faster afterwards. */
const turnMsMax = 10;
/** A line of which one is done this often is quick, */
const quickTurnMs = 10;
/** and one whose messages are in work longer than this is slow: something is wrong at their provider. */
const slowMs = 2_000;
const smoothing = 0.2;
const linesMax = 1_000;

/** The messages of one config, or of one tenant, in work and put off. Times are milliseconds since the epoch. */
interface Line {
  /** When the one that was put off last is to come back, */
  nextAt: number;
  /** and when that was last said of a slow line. */
  nextSlowAt: number;
  /** How long a message is in work, the newest weighing most. */
  usualMs: number;
  readonly startedAt: Set<{ readonly at: number }>;
}

/**
 * Gives messages that must wait a time at which it will probably be their turn: one after the other, as fast as those of their line get done, so
 * that a long line does not come back all at once, again and again.
 */
export class Lines {
  readonly #lines = new Map<string, Line>();

  /** Notes that a message is in work; the answer is to be called at its end. */
  begin(key: string, now: number): (end: number) => void {
    const line = this.#line(key);
    const started = { at: now };
    line.startedAt.add(started);
    return (end) => {
      line.startedAt.delete(started);
      line.usualMs += smoothing * (end - now - line.usualMs);
      this.#forgetIdle(end);
    };
  }

  /**
   * Whether messages get done so fast that it is no use to put one off, which takes about as long.
   * @param places messages of the line in work at the same time
   */
  isQuick(key: string, now: number, places: number): boolean {
    return this.#expectedMs(this.#line(key), now) <= quickTurnMs * places;
  }

  /** Whether messages take so long that it is no use to have many in work. */
  isSlow(key: string, now: number): boolean {
    return this.#expectedMs(this.#line(key), now) > slowMs;
  }

  /**
   * When the next message that is put off is to come again, one after the other. A slow line's come as slowly as it goes; when that is longer than a minute
   * it begins anew.
   * @param places messages of the line in work at the same time
   */
  turnOf(key: string, now: number, places: number): number {
    const line = this.#line(key);
    const expectedMs = this.#expectedMs(line, now) / places;
    if (this.isSlow(key, now)) {
      const turn = Math.max(now + waitMsMin, line.nextSlowAt + expectedMs);
      line.nextSlowAt = turn > now + slowWaitMsMax ? now + waitMsMin : turn;
      return Math.ceil(line.nextSlowAt);
    }
    line.nextAt = Math.max(now + waitMsMin, line.nextAt + Math.min(turnMsMax, expectedMs / haste));
    return Math.ceil(line.nextAt);
  }

  /** A message that is still in work says how long they last, too. */
  #expectedMs({ usualMs, startedAt }: Line, now: number): number {
    const [oldest] = startedAt;
    return Math.max(usualMs, oldest === undefined ? 0 : now - oldest.at);
  }

  #line(key: string): Line {
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { nextAt: 0, nextSlowAt: 0, usualMs: 0, startedAt: new Set() };
      this.#lines.set(key, line);
    }
    return line;
  }

  #forgetIdle(now: number): void {
    if (this.#lines.size > linesMax) {
      for (const [key, { nextAt, nextSlowAt, startedAt }] of this.#lines) {
        if (Math.max(nextAt, nextSlowAt) < now && startedAt.size === 0) {
          this.#lines.delete(key);
        }
      }
    }
  }
}
