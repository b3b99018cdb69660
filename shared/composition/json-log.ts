import pino from "pino";
import type { Log } from "../ports/log.ts";

/** Log lines as JSON on standard error; standard output is for the one line that says where the gateway listens. */
export function openJsonLog(level: string): Log & { flush: () => void } {
  const destination = pino.destination({ fd: 2, sync: false, minLength: 4096, periodicFlush: 200 });
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    destination,
  );
  return {
    info: (fields) => logger.info(fields),
    warn: (fields) => logger.warn(fields),
    error: (fields) => logger.error(fields),
    flush: () => destination.flushSync(),
  };
}
