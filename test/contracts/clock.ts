import { describe, expect, it } from "vitest";
import type { Clock } from "../../shared/ports/clock.ts";

/** A clock and a way to let its time pass: by moving it, or by waiting for it. */
export interface ClockHarness {
  readonly clock: Clock;
  /** Resolves when at least `ms` have passed on the clock and what fell due has run. */
  pass(ms: number): Promise<void>;
}

/** What every Clock promises. Times are short, since a real clock has to be waited for. */
export function clockContract(name: string, open: () => ClockHarness): void {
  describe(`Clock contract: ${name}`, () => {
    it("moves on", async () => {
      const { clock, pass } = open();
      const before = clock.now();

      await pass(10);

      expect(clock.now()).toBeGreaterThanOrEqual(before + 10);
    });

    it("runs a task once, and not before its time", async () => {
      const { clock, pass } = open();
      const time = clock.now() + 20;
      const ranAt: number[] = [];
      clock.at(time, () => ranAt.push(clock.now()));

      await pass(80);

      expect(ranAt).toHaveLength(1);
      expect(ranAt[0]).toBeGreaterThanOrEqual(time);
    });

    it("runs tasks in the order of their times", async () => {
      const { clock, pass } = open();
      const start = clock.now();
      const order: string[] = [];
      clock.at(start + 60, () => order.push("last"));
      clock.at(start + 10, () => order.push("first"));
      clock.at(start + 35, () => order.push("second"));

      await pass(120);

      expect(order).toEqual(["first", "second", "last"]);
    });

    it("runs a task whose time is past soon, but never within the call", async () => {
      const { clock } = open();
      let ran = false;
      const done = new Promise<void>((resolve) => {
        clock.at(clock.now() - 1_000, () => {
          ran = true;
          resolve();
        });
      });

      expect(ran).toBe(false);
      await done;
      expect(ran).toBe(true);
    });

    it("never runs a cancelled task, whether it was due or past", async () => {
      const { clock, pass } = open();
      const ran: string[] = [];
      const cancels = [clock.at(clock.now() + 10, () => ran.push("due")), clock.at(clock.now() - 10, () => ran.push("past"))];

      for (const cancel of cancels) cancel();
      await pass(60);

      expect(ran).toEqual([]);
    });

    it("takes a cancellation that comes too late, or twice", async () => {
      const { clock, pass } = open();
      let runs = 0;
      const cancel = clock.at(clock.now() + 5, () => {
        runs += 1;
      });
      await pass(50);

      cancel();
      cancel();

      expect(runs).toBe(1);
    });

    it("runs a task that a task plans", async () => {
      const { clock, pass } = open();
      const ranAt: number[] = [];
      const time = clock.now() + 10;
      // Waited for, since a real clock may run the first task late, and plans the second no sooner.
      const done = new Promise<void>((resolve) => {
        clock.at(time, () => {
          clock.at(time + 10, () => {
            ranAt.push(clock.now());
            resolve();
          });
        });
      });

      await pass(100);
      await done;

      expect(ranAt).toHaveLength(1);
      expect(ranAt[0]).toBeGreaterThanOrEqual(time + 10);
    });

    it("keeps a task of next year for next year", async () => {
      const { clock, pass } = open();
      let ran = false;
      const cancel = clock.at(clock.now() + 366 * 86_400_000, () => {
        ran = true;
      });

      await pass(30);

      expect(ran).toBe(false);
      cancel();
    });
  });
}
