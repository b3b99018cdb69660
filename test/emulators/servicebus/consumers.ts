import type { OutgoingDelivery, SenderLink } from "./amqp.ts";
import type { EmulatedQueue } from "./emulated-queue.ts";
import { encodeEntry } from "./encode-entry.ts";

interface Consumer {
  readonly link: SenderLink;
  /** Messages the client still wants and we have not sent. */
  credit: number;
  /** Handed to rhea, which writes them later: its own credit does not know them yet. */
  unwritten: OutgoingDelivery[];
}

/** The open receivers of one queue. Hands them its messages, in turn, as far as each has asked for some. */
export class Consumers {
  readonly #queue: EmulatedQueue;
  readonly #all: Consumer[] = [];
  #turn = 0;
  #pumpPlanned = false;

  constructor(queue: EmulatedQueue) {
    this.#queue = queue;
    queue.onReady = () => this.#pumpSoon();
  }

  add(link: SenderLink): void {
    this.#all.push({ link, credit: 0, unwritten: [] });
  }

  /** What the receivers that are gone hold stays locked until its time is over. */
  removeIf(isGone: (link: SenderLink) => boolean): void {
    for (const consumer of this.#all.filter(({ link }) => isGone(link))) this.#all.splice(this.#all.indexOf(consumer), 1);
  }

  /** The client changed how much it wants; with `drain` it wants to hear at once that there is no more. */
  onFlow(link: SenderLink): void {
    const consumer = this.#all.find((candidate) => candidate.link === link);
    if (!consumer) return;
    consumer.unwritten = consumer.unwritten.filter(({ id }) => id >= link.session.outgoing.next_pending_delivery);
    consumer.credit = link.credit - consumer.unwritten.length;
    this.#pump();
    if (!link._draining) return;
    // After the messages just sent have been written.
    setImmediate(() => {
      consumer.credit = 0;
      link.set_drained(true);
      link.connection._register();
    });
  }

  #pumpSoon(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    setImmediate(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (let idle = 0; idle < this.#all.length; ) {
      const consumer = this.#all[this.#turn++ % this.#all.length]!;
      idle = this.#sendOne(consumer) ? 0 : idle + 1;
    }
  }

  #sendOne(consumer: Consumer): boolean {
    const { link } = consumer;
    if (consumer.credit <= 0 || link.session.outgoing.available() <= 0) return false;
    const entry = this.#queue.lockNext();
    if (!entry) return false;
    consumer.credit -= 1;
    consumer.unwritten.push(link.send(encodeEntry(entry), Buffer.from(entry.lock.token, "hex"), 0));
    return true;
  }
}
