import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from "@azure/service-bus";
import type { OutgoingMessage } from "../../ports/queue.ts";

/** What a request can wait for; then the sweeper sends what was stored. */
const sendMs = 3_000;

const senders = new WeakMap<ServiceBusClient, Map<string, ServiceBusSender>>();

/** Sends messages to their queues, at once or scheduled, in as few operations as their size allows (256 KB each). */
export async function sendMessages(client: ServiceBusClient, messages: readonly OutgoingMessage[], now: number): Promise<void> {
  const abortSignal = AbortSignal.timeout(sendMs);
  const byQueue = Map.groupBy(messages, ({ queue }) => queue);
  await Promise.all(
    [...byQueue].map(async ([queue, ofQueue]) => {
      const sender = senderOf(client, queue);
      const byTime = Map.groupBy(ofQueue, ({ notBefore = 0 }) => Math.max(notBefore, now));
      for (const [time, ofTime] of byTime) {
        const outgoing = ofTime.map(asServiceBusMessage);
        if (time > now) {
          await sender.scheduleMessages(outgoing, new Date(time), { abortSignal });
        } else {
          await sendNow(sender, outgoing, abortSignal);
        }
      }
    }),
  );
}

async function sendNow(sender: ServiceBusSender, messages: readonly ServiceBusMessage[], abortSignal: AbortSignal): Promise<void> {
  let batch = await sender.createMessageBatch({ abortSignal });
  for (const message of messages) {
    if (batch.tryAddMessage(message)) {
      continue;
    }
    if (batch.count > 0) {
      await sender.sendMessages(batch, { abortSignal });
      batch = await sender.createMessageBatch({ abortSignal });
    }
    if (!batch.tryAddMessage(message)) {
      throw new Error(`the message ${String(message.messageId)} is larger than the queue takes`);
    }
  }
  await sender.sendMessages(batch, { abortSignal });
}

function asServiceBusMessage({ id, body }: OutgoingMessage): ServiceBusMessage {
  return { messageId: id, body, contentType: "application/json" };
}

/** One sender per queue and client: each is a link of its own. */
function senderOf(client: ServiceBusClient, queue: string): ServiceBusSender {
  const ofClient = senders.get(client) ?? new Map<string, ServiceBusSender>();
  senders.set(client, ofClient);
  const sender = ofClient.get(queue) ?? client.createSender(queue);
  ofClient.set(queue, sender);
  return sender;
}
