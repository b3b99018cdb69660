import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import type { Clock } from "../../ports/clock.ts";
import type { DeadMessage, OutgoingMessage, Queue, ReceivedMessage, Settlement } from "../../ports/queue.ts";
import { isLockLost, isPassing, queueUnavailable } from "./service-bus-errors.ts";
import { ServiceBusReceivers } from "./service-bus-receivers.ts";
import { sendMessages } from "./service-bus-send.ts";
import { SettlementTurns } from "./service-bus-turns.ts";

type Act = (receiver: ServiceBusReceiver, held: ServiceBusReceivedMessage) => Promise<unknown>;

/** Shorter waits would end before what is there has crossed the network. */
const waitMsMin = 200;
/** For what came with the first message. Asked for several at once, the client itself waits a second for them. */
const moreMs = 100;
/** What a readiness probe can wait for. */
const peekMs = 5_000;

/**
 * Queues of Service Bus. On Azure the Functions host receives; this side of it is for hosts of our own and for dead letters.
 * Whatever the broker refuses is `Problem("store-unavailable")`.
 */
export class ServiceBusQueue implements Queue {
  readonly #client: () => ServiceBusClient;
  readonly #clock: Pick<Clock, "now">;
  readonly #receivers: ServiceBusReceivers;
  readonly #turns = new SettlementTurns();
  /** What the client must be given back to settle a message; those that are settled are not in it. */
  readonly #held = new WeakMap<ReceivedMessage, ServiceBusReceivedMessage>();
  #firstSequenceNumber: ServiceBusReceivedMessage["sequenceNumber"];

  constructor(client: () => ServiceBusClient, clock: Pick<Clock, "now">) {
    this.#client = client;
    this.#clock = clock;
    this.#receivers = new ServiceBusReceivers(client);
  }

  send(messages: readonly OutgoingMessage[]): Promise<void> {
    return sendMessages(this.#client(), messages, this.#clock.now());
  }

  /** What comes in the moment `signal` fires may stay locked until its lock ends. */
  async receive(queue: string, { max, waitMs, signal }: { max: number; waitMs: number; signal?: AbortSignal }): Promise<ReceivedMessage[]> {
    const options = { maxWaitTimeInMs: Math.max(waitMs, waitMsMin), ...(signal === undefined ? {} : { abortSignal: signal }) };
    try {
      const messages = await this.#receivers.lend(queue, async (receiver) => {
        const first = await receiver.receiveMessages(1, options);
        if (first.length === 0 || first.length >= max) {
          return first;
        }
        // A failure now must not cost the first message.
        const more = await receiver.receiveMessages(max - first.length, { maxWaitTimeInMs: moreMs }).catch(() => []);
        return [...first, ...more];
      });
      return messages.map((message) => this.#hold(queue, message));
    } catch (error) {
      if (signal?.aborted === true) {
        return [];
      }
      throw queueUnavailable(error);
    }
  }

  complete(message: ReceivedMessage): Promise<Settlement> {
    return this.#settle(message, "complete", (receiver, held) => receiver.completeMessage(held));
  }

  abandon(message: ReceivedMessage): Promise<Settlement> {
    return this.#settle(message, "abandon", (receiver, held) => receiver.abandonMessage(held));
  }

  deadLetter(message: ReceivedMessage, reason: string): Promise<Settlement> {
    const texts = { deadLetterReason: reason, deadLetterErrorDescription: "" };
    return this.#settle(message, `dead-letter ${reason}`, (receiver, held) => receiver.deadLetterMessage(held, texts));
  }

  renewLock(message: ReceivedMessage): Promise<Settlement> {
    return this.#underLock(message, (receiver, held) => {
      const renew = () => receiver.renewMessageLock(held);
      // Of all its operations the client does not try this one again by itself.
      return renew().catch((error: unknown) => (isPassing(error) ? renew() : Promise.reject(error)));
    });
  }

  async peekDeadLetters(queue: string, max: number): Promise<DeadMessage[]> {
    const receiver = this.#receivers.peeking(queue);
    const abortSignal = AbortSignal.timeout(peekMs);
    const found: ServiceBusReceivedMessage[] = [];
    // Without a number the client goes on after the last message that it ever peeked, which is the beginning as long as there was none.
    let from = this.#firstSequenceNumber;
    while (found.length < max) {
      const page = await receiver
        .peekMessages(max - found.length, { abortSignal, ...(from === undefined ? {} : { fromSequenceNumber: from }) })
        .catch((error: unknown) => {
          throw queueUnavailable(error);
        });
      const last = page.at(-1)?.sequenceNumber;
      if (last === undefined) {
        break;
      }
      found.push(...page);
      from = last.add(1);
      this.#firstSequenceNumber ??= last.sub(last).add(1);
    }
    return found.map((message) => ({ id: String(message.messageId), body: message.body, reason: message.deadLetterReason ?? "" }));
  }

  #hold(queue: string, message: ServiceBusReceivedMessage): ReceivedMessage {
    const received: ReceivedMessage = {
      queue,
      id: String(message.messageId),
      body: message.body,
      // AMQP counts the deliveries that failed, our port those that were made.
      deliveryCount: (message.deliveryCount ?? 0) + 1,
      enqueuedAt: message.enqueuedTimeUtc?.getTime() ?? this.#clock.now(),
      lockToken: message.lockToken ?? "",
    };
    this.#held.set(received, message);
    return received;
  }

  async #settle(message: ReceivedMessage, way: string, act: Act): Promise<Settlement> {
    await this.#turns.take(way);
    const settlement = await this.#underLock(message, act);
    this.#held.delete(message);
    return settlement;
  }

  async #underLock(message: ReceivedMessage, act: Act): Promise<Settlement> {
    const held = this.#held.get(message);
    if (held === undefined) {
      return "lock-lost";
    }
    try {
      await act(this.#receivers.settling(message.queue), held);
      return "settled";
    } catch (error) {
      if (isLockLost(error)) {
        return "lock-lost";
      }
      throw queueUnavailable(error);
    }
  }
}
