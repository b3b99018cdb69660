import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type EventsMessage, eventsMessage, eventsQueue } from "../../shared/events/events-message.ts";
import type { QueueFunction } from "../../shared/ports/function-host.ts";

/** Spreads accepted events over the configs that they are for. */
export const fanOut = (use: Pick<UseCases, "fanOutEvents" | "deferWhileUnavailable">): QueueFunction => ({
  connection: "SERVICEBUS_CONNECTION",
  queueName: eventsQueue,
  cardinality: "one",
  handler: async (message) => {
    const batch = eventsMessage.parse(message) as unknown as EventsMessage;
    await use.deferWhileUnavailable(eventsQueue, batch.batch_id, batch, use.fanOutEvents);
  },
});
