import { createHash } from "node:crypto";
import { z } from "zod";
import type { DeliverableEvent } from "../events/event.ts";
import { messageEvent, messageHead } from "../events/events-message.ts";
import type { TracedMessage } from "../ports/traceparent.ts";
import type { Resent } from "./delivery.ts";

/** Each provider has a queue, so that none waits for another. */
export const dispatchQueue = (provider: string): string => `dispatch-${provider}`;

/** Events of one batch for one config. `attempt` counts from 0; a retry is a new message. */
export const dispatchMessage = z.looseObject({
  ...messageHead,
  config_id: z.string(),
  provider: z.string(),
  attempt: z.int().min(0),
  events: z.array(messageEvent),
  resend: z.looseObject({ by: z.string(), from_attempt: z.int().min(0) }).optional(),
});
export interface DispatchMessage extends TracedMessage {
  readonly tenant_id: string;
  readonly batch_id: string;
  readonly pk: string;
  readonly received_at: string;
  readonly config_id: string;
  readonly provider: string;
  readonly attempt: number;
  readonly events: readonly DeliverableEvent[];
  /** The round of attempts that a tenant asked for, if these belong to one. */
  readonly resend?: Pick<Resent, "by" | "from_attempt">;
  /** Made from what is stored: visitors' addresses are gone. */
  readonly without_addresses?: true;
  /** How often this attempt was put off because a store could not answer. */
  readonly deferrals?: number;
  /** How often this attempt was put off because it was not its turn, and since when (milliseconds since the epoch). */
  readonly put_offs?: number;
  readonly put_off_since?: number;
}

/**
 * A new attempt, or one put off, is a new message: queues swallow a second one with the same id. A batch's events may go their own ways, when
 * a message ends early or some are sent again, so an attempt's messages are told apart by the first event. At most 128 characters, as Service
 * Bus takes them.
 */
export function dispatchMessageId({ batch_id, config_id, attempt, put_offs, resend, events }: DispatchMessage): string {
  const part = createHash("sha256").update(`${resend?.by}:${events[0]?.id}`).digest("base64url");
  return `${batch_id}:${config_id}:${attempt}${put_offs === undefined ? "" : `.${put_offs}`}:${part.slice(0, 22)}`;
}
