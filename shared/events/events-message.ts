import { z } from "zod";
import type { TracedMessage } from "../ports/traceparent.ts";
import type { DeliverableEvent } from "./event.ts";

/** The queue of accepted events, before they are spread over configs. */
export const eventsQueue = "events";

/** How much one message carries (spec 5.2): bytes of all its events as JSON, below the 64 KB a message is billed by. */
export const messageLimits = { events: 50, bytes: 60_000 } as const;

/** An event as posted may name whom it is for. */
export interface AddressedEvent extends DeliverableEvent {
  readonly provider?: string;
  readonly config_id?: string;
}

/** An event on its way to a config: whom it names has been heard. */
export function withoutAddressee({ provider: _provider, config_id: _config, ...event }: AddressedEvent): DeliverableEvent {
  return event;
}

/** What every message of ours begins with. `pk` is the partition of the batch and of its deliveries. */
export const messageHead = {
  tenant_id: z.string(),
  batch_id: z.string(),
  pk: z.string(),
  received_at: z.string(),
  traceparent: z.string().optional(),
  trace_links: z.array(z.string()).optional(),
};

/** The part of an event that a message is refused without. */
export const messageEvent = z.looseObject({ id: z.string(), event_name: z.string(), occurred_at: z.string(), received_at: z.string() });

/** Accepted events of one tenant and batch, for the fan-out. */
export const eventsMessage = z.looseObject({ ...messageHead, events: z.array(messageEvent) });
export interface EventsMessage extends TracedMessage {
  readonly tenant_id: string;
  readonly batch_id: string;
  readonly pk: string;
  readonly received_at: string;
  readonly events: readonly AddressedEvent[];
  /** How often it was put off because a store could not answer. */
  readonly deferrals?: number;
}
