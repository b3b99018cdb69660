import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type ResendMessage, resendMessage, stepId } from "../../shared/delivery/resend-message.ts";
import { type EventsMessage, eventsMessage, eventsQueue } from "../../shared/events/events-message.ts";
import type { QueueFunction } from "../../shared/ports/function-host.ts";
import { isLastDelivery } from "./last-delivery.ts";

/** Spreads accepted events over the configs that they are for, and goes on with redeliveries and replays. */
export const fanOut = (use: Pick<UseCases, "fanOutEvents" | "runResend" | "deferWhileUnavailable">): QueueFunction => ({
  connection: "SERVICEBUS_CONNECTION",
  queueName: eventsQueue,
  cardinality: "one",
  // It waits for nothing but the store: more at a time would only take more memory.
  maxConcurrentCalls: 16,
  handler: async (message, context) => {
    if (isLastDelivery(context)) {
      // What it says is stored too, with the time it is due: the sweeper sends it again, without the visitors' addresses.
      context.error({ event: "message_given_up", queue: eventsQueue, message_id: context.triggerMetadata?.["messageId"] });
      return;
    }
    const step = resendMessage.safeParse(message);
    if (step.success) {
      const due = step.data as unknown as ResendMessage;
      await use.deferWhileUnavailable(eventsQueue, stepId(due), due, (asked) => use.runResend(asked, context), context);
      return;
    }
    const batch = eventsMessage.parse(message) as unknown as EventsMessage;
    await use.deferWhileUnavailable(eventsQueue, batch.batch_id, batch, (due) => use.fanOutEvents(due, context), context);
  },
});
