import type { DeliverableEvent } from "../events/event.ts";
import type { Verdict } from "../providers/definition.ts";
import type { Attempt, ConsentView, EventAdjustment } from "./delivery.ts";

/** What one attempt brought for one event. */
export interface AttemptResult {
  readonly event: DeliverableEvent;
  readonly verdict: Verdict;
  /** Absent when the event was settled without a request. */
  readonly attempt?: Attempt;
  readonly retryAfterMs?: number;
  /** Nothing is tried again, however many attempts are left. */
  readonly isLast?: true;
  readonly adjustments?: readonly EventAdjustment[];
  readonly consent?: ConsentView;
}
