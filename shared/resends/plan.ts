import type { Config } from "../configs/config.ts";
import type { Delivery, EventDelivery } from "../delivery/delivery.ts";
import { lateness, suppressionOf } from "../delivery/disposition.ts";
import type { EventBatch } from "../events/batch.ts";
import type { FoundEvent } from "../events/read-events.ts";
import type { Stored } from "../ports/document-store.ts";

/** A receipt has no more rounds than ten. */
const attemptsMax = 90;
/**
 * A larger delivery document gets no new round. A round adds half as much at most (nine attempts of 50 events, of whose answers 300 characters
 * are kept), and what Cosmos DB refuses for its size (2 MB) could be sent but not recorded.
 */
export const documentBytesMax = 1_000_000;

/** What is to be done about one delivery document. */
export interface Plan {
  /** All events that were looked at. */
  readonly counted: number;
  /** By reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Sent again by an earlier run of the same step. */
  readonly done: number;
  /** To be sent again. */
  readonly events: readonly FoundEvent[];
  /** Where that is written. */
  readonly target?: Target;
}

/** The delivery document of a batch at a config, as it is; without `before` it has to be made. */
export interface Target {
  readonly batch: Stored<EventBatch>;
  readonly config: Config;
  readonly before: Stored<Delivery> | undefined;
}

/** Collects what a plan says of each event. */
export class PlanDraft {
  readonly #events: FoundEvent[] = [];
  readonly #skipped: Record<string, number> = {};
  #done = 0;

  skip(reason: string): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
  }

  markDone(): void {
    this.#done++;
  }

  send(event: FoundEvent): void {
    this.#events.push(event);
  }

  plan(target?: Target): Plan {
    const skips = Object.values(this.#skipped).reduce((sum, number) => sum + number, 0);
    const plan = { counted: this.#events.length + this.#done + skips, skipped: this.#skipped, done: this.#done, events: this.#events };
    return target === undefined ? plan : { ...plan, target };
  }
}

/** Why a stored event can't be sent (again) now. Consent is asked at the attempt. */
export type Obstacle = (event: FoundEvent | undefined, known: EventDelivery | undefined) => string | undefined;

/** Says of the events of one delivery document what stands in their way, or `undefined` where nothing does. */
export function obstacleIn(delivery: Delivery | undefined, config: Config | undefined, now: number): Obstacle {
  const isFull = delivery !== undefined && Buffer.byteLength(JSON.stringify(delivery)) > documentBytesMax;
  return (event, known) => {
    if (event === undefined) {
      return "event_gone";
    }
    if (config === undefined) {
      return "config_inactive";
    }
    if (isFull || (known?.attempts.length ?? 0) >= attemptsMax) {
      return "too_many_attempts";
    }
    return suppressionOf(event, config) ?? (lateness(event, config, now) === undefined ? undefined : "late");
  };
}
