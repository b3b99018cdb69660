import type { QueueSettings } from "../ports/queue.ts";

/** How our queues are made. The duplicate window is that of Service Bus' default; a lock outlives any attempt (10 s) and its record. */
export const queueSettings: QueueSettings = { lockMs: 60_000, deliveriesMax: 10, duplicateWindowMs: 600_000 };

/** Messages of one queue that a process has in hand at the same time, in azure/host.json too. How they are shared: shared/delivery/work-limits.ts. */
export const messagesInHand = 128;
