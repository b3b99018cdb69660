import type { DatabaseSync } from "node:sqlite";
import type { QueueLevel } from "../../ports/queue.ts";

/** Counts what waits in each queue that holds anything, from the index alone. @param now milliseconds since the epoch */
export function readQueueLevels(db: DatabaseSync, now: number): QueueLevel[] {
  const waiting = db
    .prepare(
      `SELECT queue, SUM(visible_at <= ?1) AS ready, SUM(visible_at > ?1) AS scheduled, MIN(visible_at) AS oldest
       FROM messages GROUP BY queue`,
    )
    .all(now);
  const dead = db.prepare("SELECT queue, COUNT(*) AS dead FROM dead_messages GROUP BY queue").all();
  const levels = new Map<string, QueueLevel>();
  for (const { queue, ready, scheduled, oldest } of waiting) {
    const oldestMs = Math.max(0, now - Number(oldest));
    levels.set(String(queue), { queue: String(queue), ready: Number(ready), scheduled: Number(scheduled), dead: 0, oldestMs });
  }
  for (const row of dead) {
    const queue = String(row["queue"]);
    const level = levels.get(queue) ?? { queue, ready: 0, scheduled: 0, dead: 0, oldestMs: 0 };
    levels.set(queue, { ...level, dead: Number(row["dead"]) });
  }
  return [...levels.values()];
}
