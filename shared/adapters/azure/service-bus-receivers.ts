import type { ServiceBusClient, ServiceBusReceiver } from "@azure/service-bus";

/** The receivers of one client. Each takes one call at a time, so that there are as many for a queue as it has callers at once. */
export class ServiceBusReceivers {
  readonly #client: () => ServiceBusClient;
  readonly #idle = new Map<string, ServiceBusReceiver[]>();
  readonly #settling = new Map<string, ServiceBusReceiver>();
  readonly #peeking = new Map<string, ServiceBusReceiver>();

  constructor(client: () => ServiceBusClient) {
    this.#client = client;
  }

  /**
   * Lends a receiver. One whose call failed or was ended early is closed: the broker still owes it messages, and would lock the next
   * ones for a link on which nobody listens.
   */
  async lend<T>(queue: string, use: (receiver: ServiceBusReceiver) => Promise<T>): Promise<T> {
    const idle = this.#idle.get(queue) ?? [];
    this.#idle.set(queue, idle);
    const receiver = idle.pop() ?? this.#client().createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    try {
      const result = await use(receiver);
      idle.push(receiver);
      return result;
    } catch (error) {
      await receiver.close().catch(() => undefined);
      throw error;
    }
  }

  /**
   * For settling what any receiver of the queue got, be it closed or not: the client goes by the link on which a message came, and asks
   * the broker's management when that is gone. It opens no link itself.
   */
  settling(queue: string): ServiceBusReceiver {
    const receiver = this.#settling.get(queue) ?? this.#client().createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    this.#settling.set(queue, receiver);
    return receiver;
  }

  /** For looking at the dead letters of a queue. It opens no link itself. */
  peeking(queue: string): ServiceBusReceiver {
    const receiver = this.#peeking.get(queue) ?? this.#client().createReceiver(queue, { subQueueType: "deadLetter" });
    this.#peeking.set(queue, receiver);
    return receiver;
  }
}
