import { beforeEach, describe, expect, it } from "vitest";
import { startTimer } from "../../../shared/host/timer.ts";
import type { FunctionContext } from "../../../shared/ports/function-host.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const minute = 60_000;

describe("a timer", () => {
  let clock: FakeClock;
  let errors: object[];
  beforeEach(() => {
    clock = new FakeClock(Date.UTC(2026, 2, 28, 22, 58, 30));
    errors = [];
  });

  const start = (schedule: string, handler: () => Promise<void>) => {
    const newContext = (): FunctionContext => ({
      invocationId: "1",
      info: () => {},
      warn: () => {},
      error: (fields) => void errors.push(fields),
    });
    return startTimer("probe", { schedule, handler }, clock, newContext);
  };
  /** The times at which a schedule runs within so many minutes. */
  const timesOf = async (schedule: string, minutes: number) => {
    const times: string[] = [];
    const stop = start(schedule, async () => void times.push(new Date(clock.now()).toISOString().slice(5, 19)));
    await clock.advance(minutes * minute);
    await stop();
    return times;
  };

  it("runs at the times of its schedule, whose first field is seconds, and whose hours are UTC", async () => {
    expect(await timesOf("0 */5 * * * *", 12)).toEqual(["03-28T23:00:00", "03-28T23:05:00", "03-28T23:10:00"]);
  });

  it.each([
    ["30 * * * * *", 2, ["03-28T22:59:30", "03-28T23:00:30"]],
    ["*/20 * * * * *", 1, ["03-28T22:58:40", "03-28T22:59:00", "03-28T22:59:20"]],
    // In the night that summer time begins in half of the world.
    ["0 30 2 * * *", 24 * 60, ["03-29T02:30:00"]],
    ["0 0 0 * * 1", 3 * 24 * 60, ["03-30T00:00:00"]],
  ])("understands %s", async (schedule, minutes, times) => {
    expect(await timesOf(schedule, minutes)).toEqual(times);
  });

  it("refuses a schedule of five fields, and one that is none", () => {
    expect(() => start("*/5 * * * *", async () => {})).toThrow();
    expect(() => start("often", async () => {})).toThrow();
  });

  it("never runs twice at once: what falls due meanwhile is left out, and the next time is kept", async () => {
    const times: string[] = [];
    let running = 0;
    let most = 0;
    let finish = () => {};
    const stop = start("0 * * * * *", async () => {
      times.push(new Date(clock.now()).toISOString().slice(11, 16));
      most = Math.max(most, ++running);
      if (times.length === 1) {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
      }
      running--;
    });
    await clock.advance(3.5 * minute);
    expect(times).toEqual(["22:59"]);
    finish();
    await clock.advance(2 * minute);
    await stop();
    expect(times).toEqual(["22:59", "23:03", "23:04"]);
    expect(most).toBe(1);
  });

  it("says that a run failed, and runs again at its next time", async () => {
    let runs = 0;
    const stop = start("0 * * * * *", async () => {
      runs++;
      throw new Error("broken");
    });
    await clock.advance(3 * minute);
    await stop();
    expect(runs).toBe(3);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({ event: "timer_failed", function: "probe", error: expect.stringContaining("broken") });
  });

  it("once stopped, has waited for the run in work, runs no more and leaves nothing behind", async () => {
    let runs = 0;
    let finish = () => {};
    const stop = start("0 * * * * *", () => {
      runs++;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await clock.advance(minute);
    let isStopped = false;
    const stopped = stop().then(() => {
      isStopped = true;
    });
    await clock.advance(0);
    expect(isStopped).toBe(false);
    finish();
    await stopped;
    await clock.advance(10 * minute);
    expect(runs).toBe(1);
    expect(clock.pendingCount).toBe(0);
  });
});
