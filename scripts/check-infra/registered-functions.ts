import { register } from "../../functions/register.ts";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";

/** A function of the gateway that a queue starts. */
export interface QueueListener {
  readonly name: string;
  readonly queue: string;
  /** The prefix of the settings that tell the host how to reach the queue. */
  readonly connection: string;
}

/** What functions/register.ts registers: the functions of queues, and the names of those that the clock starts. */
export interface RegisteredFunctions {
  readonly listeners: readonly QueueListener[];
  readonly timers: readonly string[];
}

/** Registers every function with a host that only writes down what it is given; no use case is called. */
export function registeredFunctions(): RegisteredFunctions {
  const listeners: QueueListener[] = [];
  const timers: string[] = [];
  const noUse = new Proxy({}, { get: () => () => undefined }) as UseCases;
  register(
    {
      http: () => {},
      serviceBusQueue: (name, { queueName: queue, connection }) => void listeners.push({ name, queue, connection }),
      timer: (name) => void timers.push(name),
    },
    noUse,
    { trustedProxyHops: 0, now: () => 0 },
  );
  return { listeners, timers };
}
