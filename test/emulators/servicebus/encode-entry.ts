import { amqp } from "./amqp.ts";
import type { Entry } from "./emulated-queue.ts";

const states = { active: 0, scheduled: 2 };

/** An entry as a receiver sees it: the sender's message, and what the broker knows about it in the annotations. */
export function encodeEntry(entry: Entry): Buffer {
  const { message, lock, dueAt } = entry;
  return amqp.message.encode({
    ...message,
    delivery_count: entry.deliveryCount,
    ttl: Number.isFinite(entry.ttlMs) ? entry.ttlMs : undefined,
    message_annotations: {
      ...message.message_annotations,
      "x-opt-enqueued-time": new Date(entry.enqueuedAt),
      "x-opt-sequence-number": amqp.types.wrap_long(entry.seq),
      "x-opt-enqueue-sequence-number": amqp.types.wrap_long(entry.seq),
      "x-opt-message-state": amqp.types.wrap_int(states[entry.state]),
      ...(lock ? { "x-opt-locked-until": new Date(lock.until) } : {}),
      ...(dueAt === undefined ? {} : { "x-opt-scheduled-enqueue-time": new Date(dueAt) }),
    },
  });
}
