import pino from "pino";
import type { Log } from "../ports/log.ts";

const flushMs = 200;
const charsMax = 32_768;

/** Log lines as JSON on standard error; standard output is for the one line that says where the gateway listens. */
export function openJsonLog(level: string): Log & { flush: () => void } {
  const destination = pino.destination({ fd: 2, sync: false });
  // Lines are joined here: the destination measures each write, which costs more than making the line.
  let lines: string[] = [];
  let chars = 0;
  const handOver = () => {
    if (lines.length > 0) {
      destination.write(lines.join(""));
      lines = [];
      chars = 0;
    }
  };
  const write = (line: string) => {
    lines.push(line);
    chars += line.length;
    if (chars > charsMax) {
      handOver();
    }
  };
  setInterval(handOver, flushMs).unref();
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    { write },
  );
  return {
    info: (fields) => logger.info(fields),
    warn: (fields) => logger.warn(fields),
    error: (fields) => logger.error(fields),
    flush: () => {
      handOver();
      destination.flushSync();
    },
  };
}
