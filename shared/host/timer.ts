import { Cron } from "croner";
import type { Clock } from "../ports/clock.ts";
import type { FunctionContext, TimerFunction } from "../ports/function-host.ts";

/**
 * Plays the timer trigger: runs the function at each time of its NCRONTAB schedule (six fields, UTC), one run at a time.
 * A failed run is logged and the next one comes at its own time. Answers a function that stops it and waits for a run in work.
 */
export function startTimer(
  name: string,
  { schedule, handler }: TimerFunction,
  clock: Clock,
  newContext: () => FunctionContext,
): () => Promise<void> {
  const times = new Cron(schedule, { paused: true, timezone: "UTC", mode: "6-part" });
  let running = Promise.resolve();
  let cancel = () => {};
  let stopped = false;
  const plan = () => {
    const next = times.nextRun(new Date(clock.now()));
    if (next !== null && !stopped) {
      cancel = clock.at(next.getTime(), () => {
        running = run().finally(plan);
      });
    }
  };
  const run = async () => {
    const context = newContext();
    try {
      await handler({ isPastDue: false }, context);
    } catch (error) {
      context.error({ event: "timer_failed", function: name, error: (error as Error).stack ?? String(error) });
    }
  };
  plan();
  return async () => {
    stopped = true;
    cancel();
    await running;
  };
}
