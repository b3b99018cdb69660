/** Raw events, batches and deliveries are kept this long unless the tenant says otherwise (spec 6.3). */
export const retentionSeconds = 540 * 86_400;

/**
 * Events that travel together: what one queue message carries. Written with the events, so that what was accepted can be
 * listed by time and found again when its message was lost. Its id is a UUIDv7, so ids sort by time of receipt.
 */
export interface EventBatch {
  readonly id: string;
  readonly pk: string;
  readonly type: "batch";
  readonly tenant_id: string;
  readonly received_at: string;
  readonly event_ids: readonly string[];
  /** The configs that the events went to, once the fan-out is done. */
  readonly config_ids?: readonly string[];
  /** When the fan-out should be done (milliseconds since the epoch); `null` once it is. What is overdue the sweeper sends again. */
  readonly due_at: number | null;
  /** How often it was. */
  readonly sweeps?: number;
  readonly ttl: number;
}

/** Splits what has a size into groups within both limits, in order; one that is too large alone gets a group of its own. */
export function packBySize<T>(items: readonly T[], sizeOf: (item: T) => number, limits: { events: number; bytes: number }): T[][] {
  const groups: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    const group = groups.at(-1);
    if (group === undefined || group.length >= limits.events || bytes + size > limits.bytes) {
      groups.push([item]);
      bytes = size;
    } else {
      group.push(item);
      bytes += size;
    }
  }
  return groups;
}
