import type { ServiceBusMessage, ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { expect } from "vitest";
import { openEmulated, openReal, type ServiceBusTarget, settings } from "./servicebus-target.ts";

/** A namespace to hold the same promises to as our emulator; it has the queues `conformance` and `conformance-time`. */
const real = process.env.SERVICEBUS_CONNECTION;

/** One queue of a namespace, empty to begin with, and what the tests do with it. */
export interface QueueProbe extends ServiceBusTarget {
  send(...messages: ServiceBusMessage[]): Promise<void>;
  /** Without the client's own renewal of locks. */
  openReceiver(): ServiceBusReceiver;
  openDeadLetters(): ServiceBusReceiver;
}

/** Opens a queue of our emulator, or of the real namespace if there is one. */
export async function openProbe(queue: string): Promise<QueueProbe> {
  const target = real ? await openReal(real, queue) : await openEmulated({ [queue]: settings });
  return {
    ...target,
    send: (...messages) => target.client.createSender(queue).sendMessages(messages),
    openReceiver: () => target.client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 }),
    openDeadLetters: () => target.client.createReceiver(queue, { subQueueType: "deadLetter" }),
  };
}

export async function receive(receiver: ServiceBusReceiver, count: number): Promise<ServiceBusReceivedMessage[]> {
  const messages: ServiceBusReceivedMessage[] = [];
  while (messages.length < count) {
    const more = await receiver.receiveMessages(count - messages.length, { maxWaitTimeInMs: 5000 });
    if (more.length === 0) throw new Error(`${messages.length} of ${count} messages came`);
    messages.push(...more);
  }
  return messages;
}

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receive(receiver, 1);
  return message!;
}

/** Expects that no message can be received. */
export async function receiveNothing(receiver: ServiceBusReceiver): Promise<void> {
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: real ? 1000 : 100 })).toEqual([]);
}
