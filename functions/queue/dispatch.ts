import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type DispatchMessage, dispatchMessage, dispatchMessageId, dispatchQueue } from "../../shared/delivery/messages.ts";
import type { QueueFunction } from "../../shared/ports/function-host.ts";
import { isLastDelivery } from "./last-delivery.ts";

/** Sends events to one provider. */
export const dispatch = (
  use: Pick<UseCases, "dispatchBatch" | "giveUpBatch" | "deferWhileUnavailable">,
  provider: string,
): QueueFunction => ({
  connection: "SERVICEBUS_CONNECTION",
  queueName: dispatchQueue(provider),
  cardinality: "one",
  handler: async (message, context) => {
    const batch = dispatchMessage.parse(message) as unknown as DispatchMessage;
    const work = isLastDelivery(context) ? use.giveUpBatch : use.dispatchBatch;
    await use.deferWhileUnavailable(dispatchQueue(provider), dispatchMessageId(batch), batch, (due) => work(due, context), context);
  },
});
