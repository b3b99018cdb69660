import { describe, expect, it } from "vitest";
import { clockContract } from "../contracts/clock.ts";
import { FakeClock } from "./fake-clock.ts";

clockContract("fake", () => {
  const clock = new FakeClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});

describe("FakeClock", () => {
  it("stands still unless it is moved, and moves by exactly what it is told", async () => {
    const clock = new FakeClock(1_000);

    await clock.advance(0);
    expect(clock.now()).toBe(1_000);
    await clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it("runs each task at its own time, and those that follow from its promises too", async () => {
    const clock = new FakeClock(0);
    const ranAt: number[] = [];
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.at(clock.now() + ms, resolve));
    const worker = async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await sleep(100);
        ranAt.push(clock.now());
      }
    };

    const done = worker();
    await clock.advance(1_000);
    await done;

    expect(ranAt).toEqual([100, 200, 300]);
    expect(clock.pendingCount).toBe(0);
  });
});
