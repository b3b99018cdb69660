import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type EventsMessage, eventsMessage, eventsQueue } from "../../shared/events/events-message.ts";
import type { QueueFunction } from "../../shared/ports/function-host.ts";

/** Spreads accepted events over the configs that they are for. */
export const fanOut = (use: Pick<UseCases, "fanOutEvents">): QueueFunction => ({
  connection: "ServiceBusConnection",
  queueName: eventsQueue,
  cardinality: "one",
  handler: async (message) => {
    await use.fanOutEvents(eventsMessage.parse(message) as unknown as EventsMessage);
  },
});
