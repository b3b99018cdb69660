import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type DispatchMessage, dispatchMessage, dispatchMessageId, dispatchQueue } from "../../shared/delivery/messages.ts";
import type { QueueFunction } from "../../shared/ports/function-host.ts";

/** Deliveries of one message after which we settle it ourselves; the broker would set it aside after the tenth. */
const deliveriesMax = 8;

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
    const deliveryCount = Number(context.triggerMetadata?.["deliveryCount"] ?? 1);
    await use.deferWhileUnavailable(dispatchQueue(provider), dispatchMessageId(batch), batch, (due) =>
      deliveryCount > deliveriesMax ? use.giveUpBatch(due) : use.dispatchBatch(due, context),
    );
  },
});
