import type { Adjustment, SuppressedReason } from "../providers/definition.ts";
import { count, type Outcome } from "../usage/hour-counters.ts";

/** One try to send an event. `status` is the provider's, or `failure` says why there was none. */
export interface Attempt {
  readonly at: string;
  readonly duration_ms: number;
  readonly status?: number;
  readonly failure?: string;
  /** What the provider said when it did not take the event: short, redacted. */
  readonly answer?: string;
  /** The event had to go without its visitor's address, which nobody keeps. */
  readonly without_address?: true;
  readonly next_attempt_at?: string;
}

/** What became of one event at one config. */
export interface EventDelivery {
  readonly outcome: Outcome;
  readonly reason?: SuppressedReason | string;
  readonly detail?: string;
  readonly attempts: readonly Attempt[];
  /** ISO 8601; when a pending event is due that was put off, sent again or swept. */
  readonly due_at?: string;
  /** ISO 8601; of a dead letter. */
  readonly dead_lettered_at?: string;
  /** The newest time that a tenant had it sent again. */
  readonly resent?: Resent;
  /** What of the event was changed so that the provider takes it. */
  readonly adjustments?: readonly EventAdjustment[];
  /** Of the newest attempt; absent where consent played no part. */
  readonly consent?: ConsentView;
}

/** A new round of attempts that a tenant asked for. */
export interface Resent {
  /** The redelivery or replay. */
  readonly by: string;
  /** Which step of it; absent in rounds that the version before began. */
  readonly step?: number;
  readonly at: string;
  /** The first attempt of this round: retries wait as long as they did after the first of all. */
  readonly from_attempt: number;
}

/** The decision about consent that an event was sent or not sent by (spec 3.7). Names no visitor. */
export interface ConsentView {
  /** `unidentified`: without whatever identifies the visitor. */
  readonly sent: "identified" | "unidentified" | "nothing";
  readonly category: string;
  /** Why it was not sent as somebody's. */
  readonly reason?: string;
  /** The visitor's newest record at that moment, and the config's version that it was given for. */
  readonly record_id?: string;
  readonly config_id?: string;
  readonly config_version?: number;
  readonly do_not_track?: boolean;
  readonly global_privacy_control?: boolean;
}

export type EventAdjustment = Omit<Adjustment, "event">;

/**
 * The outcomes of one batch at one config, in one document: one write settles up to 50 events, and the hour's counters change
 * in the same transaction. Its id follows from batch and config.
 */
export interface Delivery {
  readonly id: string;
  readonly pk: string;
  readonly type: "delivery";
  readonly tenant_id: string;
  readonly batch_id: string;
  readonly config_id: string;
  readonly provider: string;
  readonly received_at: string;
  /** The outcome that all events share, or "mixed": what lists are filtered by. */
  readonly state: Outcome | "mixed";
  readonly events: Readonly<Record<string, EventDelivery>>;
  /** When the first of the pending events is due (milliseconds since the epoch); no number when none is pending. */
  readonly due_at?: number | null;
  /** How often the sweeper sent its messages again since an attempt was last recorded. */
  readonly sweeps?: number;
  /** When the newest dead letter in it was set aside (milliseconds since the epoch); no number when there is none. */
  readonly dead_at?: number | null;
  readonly ttl: number;
}

/** The id of the delivery document of a batch at a config. */
export const deliveryId = (batchId: string, configId: string): string => `${batchId}:${configId}`;

/** The shared outcome of events, or "mixed". */
export function stateOf(events: Readonly<Record<string, EventDelivery>>): Delivery["state"] {
  const [first, ...others] = new Set(Object.values(events).map(({ outcome }) => outcome));
  return first === undefined || others.length > 0 ? "mixed" : first;
}

/**
 * When a pending event's message is to be handled (milliseconds since the epoch).
 * @param first of those that nobody has tried or put off yet: their delivery's `due_at`
 */
export function eventDueAt({ due_at, attempts }: EventDelivery, first: number): number {
  const at = due_at ?? attempts.at(-1)?.next_attempt_at;
  return at === undefined ? first : Date.parse(at);
}

/** `due_at` of a delivery: a message that is lost is missed at its own time, whatever the others wait for. */
export function dueAt(events: Readonly<Record<string, EventDelivery>>, first: number): number | null {
  const pending = Object.values(events).filter(({ outcome }) => outcome === "pending");
  return pending.length === 0 ? null : Math.min(...pending.map((event) => eventDueAt(event, first)));
}

/** A delivery without the times that it does not have: an index would hold `null` as well, and each of its entries is paid for at every write. */
export function withoutNulls({ due_at, dead_at, ...delivery }: Delivery): Delivery {
  return { ...delivery, ...(due_at == null ? {} : { due_at }), ...(dead_at == null ? {} : { dead_at }) };
}

/** What the counters must change by when events go from one set of outcomes to another. */
export function countChanges(
  before: Readonly<Record<string, EventDelivery>>,
  after: Readonly<Record<string, EventDelivery>>,
): Record<string, number> {
  const by: Record<string, number> = {};
  for (const [id, { outcome, reason }] of Object.entries(after)) {
    const old = before[id];
    if (old?.outcome !== outcome) {
      if (old !== undefined) {
        count(by, old.outcome, old.reason, -1);
      }
      count(by, outcome, reason, 1);
    }
  }
  return by;
}
