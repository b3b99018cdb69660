import { entityNotFound } from "./broker-error.ts";
import { Consumers } from "./consumers.ts";
import { EmulatedQueue, type EmulatedQueueSettings } from "./emulated-queue.ts";

/** A queue, or the dead letters of one, with those who receive from it. */
export interface Entity {
  readonly queue: EmulatedQueue;
  readonly consumers: Consumers;
}

/** The queues of the namespace by address. */
export class Entities {
  readonly #byAddress = new Map<string, Entity>();
  readonly #queues: EmulatedQueue[] = [];

  constructor(queues: Readonly<Record<string, EmulatedQueueSettings>>, now: () => number) {
    for (const [name, settings] of Object.entries(queues)) {
      const queue = new EmulatedQueue(name, settings, now);
      this.#queues.push(queue);
      this.#add(queue);
      if (queue.deadLetters) this.#add(queue.deadLetters);
    }
  }

  /** The entity of a link's address or a queue's name. Throws `entityNotFound`. */
  find(address: string): Entity {
    const entity = this.#byAddress.get(toEntityPath(address));
    if (!entity) throw entityNotFound();
    return entity;
  }

  sweep(): void {
    for (const queue of this.#queues) queue.sweep();
  }

  removeConsumersIf(isGone: Parameters<Consumers["removeIf"]>[0]): void {
    for (const { consumers } of this.#byAddress.values()) consumers.removeIf(isGone);
  }

  #add(queue: EmulatedQueue): void {
    this.#byAddress.set(toEntityPath(queue.name), { queue, consumers: new Consumers(queue) });
  }
}

/** `sb://host/Orders/$management` → `orders/$management`: entity paths ignore case. */
export function toEntityPath(address: string): string {
  return address
    .replace(/^[a-z]+:\/\/[^/]+\//i, "")
    .replace(/^\//, "")
    .toLowerCase();
}
