import type { Clock } from "../../ports/clock.ts";

/** A longer wait is made of pieces: `setTimeout` can't take more than 24.8 days, and a machine's time may be set while we wait. */
const pieceMsMax = 60_000;

/** The machine's time. A pending task does not keep the process alive: who waits for it holds a server or a queue open anyway. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(time, task) {
    let timer: NodeJS.Timeout;
    const wait = () => {
      timer = setTimeout(
        () => {
          // A timer may fire a millisecond before the time that `now` gives has come.
          if (Date.now() < time) wait();
          else task();
        },
        Math.min(Math.max(time - Date.now(), 0), pieceMsMax),
      ).unref();
    };
    wait();
    return () => clearTimeout(timer);
  },
};
