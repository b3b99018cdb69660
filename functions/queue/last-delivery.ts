import type { FunctionContext } from "../../shared/ports/function-host.ts";

/** Deliveries of one message after which it is settled here; the broker would set it aside after the tenth, with visitors' addresses in it. */
const deliveriesMax = 8;

/** Whether a message was handed out so often that something is wrong with it, or with us. */
export const isLastDelivery = ({ triggerMetadata }: Pick<FunctionContext, "triggerMetadata">): boolean =>
  Number(triggerMetadata?.["deliveryCount"] ?? 1) > deliveriesMax;
