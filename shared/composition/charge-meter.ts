import type { Log } from "../ports/log.ts";

const reportMs = 60_000;

/** Adds up what the document store charged per container and operation, and logs the sums every minute: the main cost, by its cause. */
export function chargeMeter(log: Log): { record: (container: string, operation: string, requestUnits: number) => void; stop: () => void } {
  let sums = new Map<string, { operations: number; request_units: number }>();
  const report = () => {
    for (const [name, { operations, request_units }] of sums) {
      const [container, operation] = name.split(".");
      log.info({ event: "request_units", container, operation, operations, request_units: Math.round(request_units * 100) / 100 });
    }
    sums = new Map();
  };
  const timer = setInterval(report, reportMs);
  timer.unref();
  return {
    record(container, operation, requestUnits) {
      const name = `${container}.${operation}`;
      const sum = sums.get(name) ?? { operations: 0, request_units: 0 };
      sum.operations++;
      sum.request_units += requestUnits;
      sums.set(name, sum);
    },
    stop() {
      clearInterval(timer);
      report();
    },
  };
}
