import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type DispatchMessage, dispatchMessage, dispatchQueue } from "../../shared/delivery/messages.ts";
import type { QueueFunction } from "../../shared/ports/function-host.ts";

/** Deliveries of one message after which we settle it ourselves; the broker would set it aside after the tenth. */
const deliveriesMax = 8;

/** Sends events to one provider. */
export const dispatch = (use: Pick<UseCases, "dispatchBatch" | "giveUpBatch">, provider: string): QueueFunction => ({
  connection: "ServiceBusConnection",
  queueName: dispatchQueue(provider),
  cardinality: "one",
  handler: async (message, context) => {
    const batch = dispatchMessage.parse(message) as unknown as DispatchMessage;
    const deliveryCount = Number(context.triggerMetadata?.["deliveryCount"] ?? 1);
    await (deliveryCount > deliveriesMax ? use.giveUpBatch(batch) : use.dispatchBatch(batch, context));
  },
});
