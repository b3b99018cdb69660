import { z } from "zod";
import type { DeliverableEvent } from "../events/event.ts";
import { messageEvent, messageHead } from "../events/events-message.ts";

/** Each provider has a queue, so that none waits for another. */
export const dispatchQueue = (provider: string): string => `dispatch-${provider}`;

/** Events of one batch for one config. `attempt` counts from 0; a retry is a new message. */
export const dispatchMessage = z.looseObject({
  ...messageHead,
  config_id: z.string(),
  provider: z.string(),
  attempt: z.int().min(0),
  events: z.array(messageEvent),
});
export interface DispatchMessage {
  readonly tenant_id: string;
  readonly batch_id: string;
  readonly pk: string;
  readonly received_at: string;
  readonly config_id: string;
  readonly provider: string;
  readonly attempt: number;
  readonly events: readonly DeliverableEvent[];
  /** How often this attempt was put off because a store could not answer. */
  readonly deferrals?: number;
}

/** A new attempt is a new message: queues swallow a second one with the same id. */
export const dispatchMessageId = ({ batch_id, config_id, attempt }: Pick<DispatchMessage, "batch_id" | "config_id" | "attempt">): string =>
  `${batch_id}:${config_id}:${attempt}`;
