import { setTimeout as wait } from "node:timers/promises";
import { ServiceBusClient, type ServiceBusClientOptions } from "@azure/service-bus";
import type { EmulatedQueueSettings } from "./emulated-queue.ts";
import { type ServiceBusEmulator, startServiceBusEmulator } from "./servicebus-emulator.ts";

/** A namespace to try the client on. */
export interface ServiceBusTarget {
  readonly connectionString: string;
  readonly client: ServiceBusClient;
  /** Milliseconds since the epoch, by the namespace's clock. */
  now(): number;
  /** Lets so many milliseconds pass for the namespace. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** How the queues are made, also in a real namespace, there with dead-lettering of expired messages; the times are the shortest that Azure takes. */
export const settings = { lockMs: 5000, deliveriesMax: 3, duplicateWindowMs: 20_000 } satisfies EmulatedQueueSettings;

/** One try: after several the client rejects with an `AggregateError` that has no `code`. */
export const oneTry: ServiceBusClientOptions = { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } };

/** Several tries. What was under way when a connection ended is given up only after the timeout, hence a short one. */
export const severalTries: ServiceBusClientOptions = { retryOptions: { maxRetries: 5, retryDelayInMs: 20, timeoutInMs: 2_000 } };

/** Our emulator, with a clock that moves at once. */
export async function openEmulated(
  queues: Readonly<Record<string, EmulatedQueueSettings>>,
  clientOptions = oneTry,
): Promise<ServiceBusTarget & { readonly emulator: ServiceBusEmulator }> {
  let passed = 0;
  const now = () => Date.now() + passed;
  const emulator = await startServiceBusEmulator({ queues, now });
  const client = new ServiceBusClient(emulator.connectionString, clientOptions);
  return {
    emulator,
    connectionString: emulator.connectionString,
    client,
    now,
    async pass(ms) {
      passed += ms;
      emulator.tick();
    },
    async close() {
      await client.close();
      await emulator.close();
    },
  };
}

/** A namespace elsewhere that has the queue, which is emptied first. */
export async function openReal(connectionString: string, queue: string): Promise<ServiceBusTarget> {
  const client = new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0 } });
  for (const subQueue of [{}, { subQueueType: "deadLetter" } as const]) {
    const receiver = client.createReceiver(queue, subQueue);
    const next = () => receiver.receiveMessages(100, { maxWaitTimeInMs: 1000 });
    for (let messages = await next(); messages.length > 0; messages = await next()) {
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    }
    await receiver.close();
  }
  return {
    connectionString,
    client,
    now: Date.now,
    // Clocks differ a little.
    pass: (ms) => wait(ms + 1000),
    close: () => client.close(),
  };
}
