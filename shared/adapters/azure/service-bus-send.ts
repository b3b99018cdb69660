import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from "@azure/service-bus";
import type { OutgoingMessage } from "../../ports/queue.ts";
import { queueUnavailable } from "./service-bus-errors.ts";

/** What a request can wait for; then the sweeper sends what was stored. */
const sendMs = 3_000;

const senders = new WeakMap<ServiceBusClient, Map<string, ServiceBusSender>>();

/**
 * Sends messages to their queues in as few operations as their size allows (256 KB each). Throws `RangeError` for a message that no
 * operation takes, and `Problem("store-unavailable")`; what other operations carried has then been sent all the same.
 */
export async function sendMessages(client: ServiceBusClient, messages: readonly OutgoingMessage[], now: number): Promise<void> {
  const abortSignal = AbortSignal.timeout(sendMs);
  const byQueue = Map.groupBy(messages, ({ queue }) => queue);
  await Promise.all(
    [...byQueue].map(async ([queue, ofQueue]) => {
      const sender = senderOf(client, queue);
      // The client puts the properties of a batch's first message on the batch, so that all of it must be due at the same time.
      const byTime = Map.groupBy(ofQueue, ({ notBefore = 0 }) => (notBefore > now ? notBefore : 0));
      for (const ofTime of byTime.values()) {
        await sendTogether(sender, ofTime.map(asServiceBusMessage(now)), abortSignal);
      }
    }),
  );
}

async function sendTogether(sender: ServiceBusSender, messages: readonly ServiceBusMessage[], abortSignal: AbortSignal): Promise<void> {
  const newBatch = () => sender.createMessageBatch({ abortSignal }).catch(rethrow);
  let batch = await newBatch();
  for (const message of messages) {
    if (batch.tryAddMessage(message)) {
      continue;
    }
    if (batch.count > 0) {
      await sender.sendMessages(batch, { abortSignal }).catch(rethrow);
      batch = await newBatch();
    }
    if (!batch.tryAddMessage(message)) {
      throw new RangeError(`the message ${String(message.messageId)} is larger than the queue takes`);
    }
  }
  await sender.sendMessages(batch, { abortSignal }).catch(rethrow);
}

const rethrow = (error: unknown): never => {
  throw queueUnavailable(error);
};

/** Scheduled by a property of the message, not by a call of its own, which costs as much as ten messages. */
const asServiceBusMessage =
  (now: number) =>
  ({ id, body, notBefore = 0 }: OutgoingMessage): ServiceBusMessage => ({
    messageId: id,
    body,
    contentType: "application/json",
    ...(notBefore > now ? { scheduledEnqueueTimeUtc: new Date(notBefore) } : {}),
  });

/** One sender per queue and client: each is a link of its own. */
function senderOf(client: ServiceBusClient, queue: string): ServiceBusSender {
  const ofClient = senders.get(client) ?? new Map<string, ServiceBusSender>();
  senders.set(client, ofClient);
  const sender = ofClient.get(queue) ?? client.createSender(queue);
  ofClient.set(queue, sender);
  return sender;
}
