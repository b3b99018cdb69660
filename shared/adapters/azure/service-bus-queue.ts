import { type ServiceBusClient, ServiceBusError, type ServiceBusReceivedMessage, type ServiceBusReceiver } from "@azure/service-bus";
import type { Clock } from "../../ports/clock.ts";
import type { DeadMessage, OutgoingMessage, Queue, ReceivedMessage, Settlement } from "../../ports/queue.ts";
import { Problem } from "../../problems/problem.ts";
import { sendMessages } from "./service-bus-send.ts";

/** Shorter waits would end before what is there has crossed the network. */
const waitMsMin = 200;

/** Where a message came from: only its receiver can settle it. */
interface Held {
  readonly receiver: ServiceBusReceiver;
  readonly message: ServiceBusReceivedMessage;
}

/**
 * Queues of Service Bus. On Azure the Functions host receives; this side of it is for hosts of our own and for dead letters. A receiver
 * takes one call at a time, so that there are as many as there are callers at once.
 */
export class ServiceBusQueue implements Queue {
  readonly #client: () => ServiceBusClient;
  readonly #clock: Pick<Clock, "now">;
  readonly #idle = new Map<string, ServiceBusReceiver[]>();
  readonly #held = new WeakMap<ReceivedMessage, Held>();

  constructor(client: () => ServiceBusClient, clock: Pick<Clock, "now">) {
    this.#client = client;
    this.#clock = clock;
  }

  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    try {
      await sendMessages(this.#client(), messages, this.#clock.now());
    } catch (error) {
      throw unavailable(error);
    }
  }

  async receive(queue: string, { max, waitMs, signal }: { max: number; waitMs: number; signal?: AbortSignal }): Promise<ReceivedMessage[]> {
    const receiver = this.#idle.get(queue)?.pop() ?? this.#client().createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    try {
      const messages = await receiver.receiveMessages(max, {
        maxWaitTimeInMs: Math.max(waitMs, waitMsMin),
        ...(signal === undefined ? {} : { abortSignal: signal }),
      });
      return messages.map((message) => this.#hold(queue, receiver, message));
    } catch (error) {
      if (signal?.aborted === true) {
        return [];
      }
      throw unavailable(error);
    } finally {
      this.#idle.set(queue, [...(this.#idle.get(queue) ?? []), receiver]);
    }
  }

  complete(message: ReceivedMessage): Promise<Settlement> {
    return this.#settle(message, ({ receiver, message: held }) => receiver.completeMessage(held));
  }

  abandon(message: ReceivedMessage): Promise<Settlement> {
    return this.#settle(message, ({ receiver, message: held }) => receiver.abandonMessage(held));
  }

  deadLetter(message: ReceivedMessage, reason: string): Promise<Settlement> {
    return this.#settle(message, ({ receiver, message: held }) =>
      receiver.deadLetterMessage(held, { deadLetterReason: reason, deadLetterErrorDescription: "" }),
    );
  }

  renewLock(message: ReceivedMessage): Promise<Settlement> {
    return this.#settle(message, ({ receiver, message: held }) => receiver.renewMessageLock(held));
  }

  async peekDeadLetters(queue: string, max: number): Promise<DeadMessage[]> {
    const receiver = this.#client().createReceiver(queue, { subQueueType: "deadLetter" });
    try {
      const messages = await receiver.peekMessages(max);
      return messages.map((message) => ({ id: String(message.messageId), body: message.body, reason: message.deadLetterReason ?? "" }));
    } catch (error) {
      throw unavailable(error);
    } finally {
      await receiver.close();
    }
  }

  #hold(queue: string, receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage): ReceivedMessage {
    const received: ReceivedMessage = {
      queue,
      id: String(message.messageId),
      body: message.body,
      // AMQP counts the deliveries that failed, our port those that were made.
      deliveryCount: (message.deliveryCount ?? 0) + 1,
      enqueuedAt: message.enqueuedTimeUtc?.getTime() ?? this.#clock.now(),
      lockToken: message.lockToken ?? "",
    };
    this.#held.set(received, { receiver, message });
    return received;
  }

  async #settle(message: ReceivedMessage, settle: (held: Held) => Promise<unknown>): Promise<Settlement> {
    const held = this.#held.get(message);
    if (held === undefined) {
      throw new Error("only a message of this receiver can be settled");
    }
    try {
      await settle(held);
      return "settled";
    } catch (error) {
      if (error instanceof ServiceBusError && error.code === "MessageLockLost") {
        return "lock-lost";
      }
      throw unavailable(error);
    }
  }
}

const unavailable = (error: unknown): Problem => new Problem("store-unavailable", "a queue can't answer right now", { cause: error });
