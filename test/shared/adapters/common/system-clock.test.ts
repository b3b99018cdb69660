import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../../shared/adapters/common/system-clock.ts";
import { clockContract } from "../../../contracts/clock.ts";

clockContract("system", () => ({
  clock: systemClock,
  // A timer of its own, planned after the tasks: what was due before has run when it fires.
  pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 5)),
}));

describe("systemClock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("waits for times that one timer can't wait for", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const task = vi.fn();
    const days = 86_400_000;
    systemClock.at(systemClock.now() + 30 * days, task);

    await vi.advanceTimersByTimeAsync(30 * days - 1);
    expect(task).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(task).toHaveBeenCalledOnce();
  });

  it("cancels a task also after it has waited for a while", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const task = vi.fn();
    const cancel = systemClock.at(systemClock.now() + 600_000, task);
    await vi.advanceTimersByTimeAsync(300_000);

    cancel();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(task).not.toHaveBeenCalled();
  });

  it("notices within a minute that the machine's time was set", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const task = vi.fn();
    const time = systemClock.now() + 3_600_000;
    systemClock.at(time, task);

    vi.setSystemTime(time);
    await vi.advanceTimersByTimeAsync(60_000);

    expect(task).toHaveBeenCalledOnce();
  });

  it("lets a process end while a task is pending", async () => {
    const module = new URL("../../../../shared/adapters/common/system-clock.ts", import.meta.url);
    const program = `import { systemClock } from ${JSON.stringify(module.href)};
      systemClock.at(systemClock.now() + 3_600_000, () => {});
      process.stdout.write("planned");`;

    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { timeout: 20_000 });

    expect(stdout).toBe("planned");
  });
});
