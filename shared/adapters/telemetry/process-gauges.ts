import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Meter } from "./meter.ts";

const resolutionMs = 50;

/** Adds what the process uses, read when somebody reads the numbers. Answers a function that stops watching the event loop. */
export function watchProcess(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let before = performance.eventLoopUtilization();
  const startedAt = performance.timeOrigin / 1000;
  meter.beforeReading(() => {
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const now = performance.eventLoopUtilization();
    meter.set("process_resident_memory_bytes", {}, rss);
    meter.set("process_heap_used_bytes", {}, heapUsed);
    meter.set("process_cpu_seconds_total", {}, (user + system) / 1e6);
    meter.set("process_start_time_seconds", {}, startedAt);
    meter.set("process_event_loop_utilization_ratio", {}, performance.eventLoopUtilization(now, before).utilization);
    before = now;
    // The histogram measures the whole interval between two ticks of its own timer.
    const late = delay.count === 0 ? 0 : delay.percentile(99) / 1e6 - resolutionMs;
    meter.set("process_event_loop_delay_seconds", {}, Math.max(0, late) / 1000);
    delay.reset();
  });
  return () => delay.disable();
}
