import { z } from "zod";
import { eventsQueue } from "../events/events-message.ts";
import type { OutgoingMessage } from "../ports/queue.ts";
import type { TracedMessage } from "../ports/traceparent.ts";

/** Asks for the next step of a redelivery or replay. It travels on the queue of accepted events. */
export const resendMessage = z.looseObject({
  tenant_id: z.string(),
  pk: z.string(),
  resend_id: z.string(),
  step: z.int().min(0),
  traceparent: z.string().optional(),
});
export interface ResendMessage extends TracedMessage {
  readonly tenant_id: string;
  readonly pk: string;
  readonly resend_id: string;
  readonly step: number;
  /** How often this step was put off because a store could not answer. */
  readonly deferrals?: number;
}

/** What of a redelivery or replay is needed to go on with it. */
export interface DueResend {
  readonly id: string;
  readonly pk: string;
  readonly type: "redelivery" | "replay";
  readonly tenant_id: string;
  /** How many steps are done. */
  readonly step: number;
  /** When the next step is to begin (milliseconds since the epoch); `null` when it is done. */
  readonly due_at: number | null;
  /** How often the sweeper has asked for it since. */
  readonly sweeps?: number;
}

/** The id of a step's message. */
export const stepId = ({ resend_id, step }: Pick<ResendMessage, "resend_id" | "step">): string => `${resend_id}:${step}`;

/** The message that asks for the next step, not before it is due, in the trace of whoever asked for it all, if that is known. */
export function stepMessage({ id, pk, tenant_id, step, due_at }: DueResend, traceparent = ""): OutgoingMessage {
  const body: ResendMessage = { tenant_id, pk, resend_id: id, step, ...(traceparent === "" ? {} : { traceparent }) };
  return { queue: eventsQueue, id: stepId(body), ...(due_at === null ? {} : { notBefore: due_at }), body };
}
