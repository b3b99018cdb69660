import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-V"]).status === 0;

/** The command prefix that keeps a server on a core of its own; empty where that can't be done. */
export const serverPrefix: readonly string[] = canPin ? ["taskset", "-c", "0"] : [];

/** Moves this process, which makes the load and plays the provider, to the other core. */
export function pinLoad(): void {
  if (canPin) {
    spawnSync("taskset", ["-a", "-c", "-p", "1", String(process.pid)]);
  }
}

/** How the processes share the machine, for the report. */
export const pinning = canPin ? "server on core 0, load and provider on core 1" : "not pinned: one core, or no taskset";
