import { randomBytes, randomUUID } from "node:crypto";
import type { AmqpMessage } from "./amqp.ts";
import { lockLost, messageNotFound, notEmulated } from "./broker-error.ts";

/** How a queue is made; a `QueueSettings` fits. What is left out has Azure's default, and duplicates are detected only within a given window. */
export interface EmulatedQueueSettings {
  readonly lockMs?: number;
  readonly deliveriesMax?: number;
  readonly duplicateWindowMs?: number;
  readonly messageTtlMs?: number;
}

const day = 86_400_000;
const defaults = { lockMs: 60_000, deliveriesMax: 10, duplicateWindowMs: 0, messageTtlMs: 14 * day };

/** A message in a queue. Times are milliseconds since the epoch. */
export interface Entry {
  readonly seq: number;
  message: AmqpMessage;
  state: "active" | "scheduled";
  /** Deliveries that ended without the message being settled: 0 while the first one lasts. */
  deliveryCount: number;
  enqueuedAt: number;
  expiresAt: number;
  readonly ttlMs: number;
  readonly dueAt?: number;
  lock?: { readonly token: string; until: number } | undefined;
}

export type Outcome =
  | { readonly kind: "completed" }
  /** No adapter of ours defers; it is refused. */
  | { readonly kind: "deferred" }
  | { readonly kind: "abandoned"; readonly properties?: Readonly<Record<string, unknown>> | undefined }
  | {
      readonly kind: "dead-lettered";
      readonly reason?: unknown;
      readonly description?: unknown;
      readonly properties?: Readonly<Record<string, unknown>> | undefined;
    };

/** The state of one queue: what is in it, who holds what until when. It knows the time only by `now`, and acts on it in `sweep`. */
export class EmulatedQueue {
  readonly name: string;
  /** The dead-letter subqueue; it has none itself. */
  readonly deadLetters: EmulatedQueue | undefined;
  /** Called when a message can be received. */
  onReady: () => void = () => {};

  readonly #settings: Required<EmulatedQueueSettings>;
  readonly #now: () => number;
  readonly #entries = new Map<number, Entry>();
  /** Sequence numbers of active entries without lock, ascending. */
  readonly #ready: number[] = [];
  /** By lock token; the lock that ends first stands first. */
  readonly #locked = new Map<string, Entry>();
  /** Message ids and when they came, oldest first. */
  readonly #seen = new Map<string, number>();
  #seq = 0;

  constructor(name: string, settings: EmulatedQueueSettings, now: () => number, isSubqueue = false) {
    this.name = name;
    this.#settings = { ...defaults, ...settings };
    this.#now = now;
    if (isSubqueue) return;
    const forever = {
      lockMs: this.#settings.lockMs,
      deliveriesMax: Number.POSITIVE_INFINITY,
      messageTtlMs: Number.POSITIVE_INFINITY,
    };
    this.deadLetters = new EmulatedQueue(`${name}/$DeadLetterQueue`, forever, now, true);
  }

  /** Takes a message, to be received at once or from `dueAt` on, and answers its sequence number. A duplicate is swallowed. */
  enqueue(message: AmqpMessage, dueAt = 0): number {
    const now = this.#now();
    // The client can't settle a message without an id.
    const id = message.message_id ?? randomUUID().replaceAll("-", "");
    if (this.#isDuplicate(String(id), now)) return this.#seq;

    const ttlMs = Math.min(message.ttl ?? Number.POSITIVE_INFINITY, this.#settings.messageTtlMs);
    const entry: Entry = {
      seq: ++this.#seq,
      message: { ...message, message_id: id },
      state: "active",
      deliveryCount: 0,
      enqueuedAt: now,
      expiresAt: now + ttlMs,
      ttlMs,
      ...(dueAt > now ? { state: "scheduled", dueAt } : {}),
    };
    this.#entries.set(entry.seq, entry);
    if (entry.state === "active") this.#makeReady(entry);
    return entry.seq;
  }

  /** Locks the oldest message that is free. */
  lockNext(): (Entry & { lock: NonNullable<Entry["lock"]> }) | undefined {
    const now = this.#now();
    for (let seq = this.#ready.shift(); seq !== undefined; seq = this.#ready.shift()) {
      const entry = this.#entries.get(seq);
      if (!entry) continue;
      if (entry.expiresAt <= now) {
        this.#expire(entry);
        continue;
      }
      const lock = { token: randomBytes(16).toString("hex"), until: now + this.#settings.lockMs };
      this.#locked.set(lock.token, entry);
      return Object.assign(entry, { lock });
    }
    return undefined;
  }

  /** Ends a lock. Throws `lockLost` when it has ended before. */
  settle(token: string, outcome: Outcome): void {
    const entry = this.#held(token);
    if (outcome.kind === "deferred") throw notEmulated();
    if (outcome.kind === "completed") this.#remove(entry);
    else if (outcome.kind === "dead-lettered") {
      entry.deliveryCount += 1;
      this.#deadLetter(entry, outcome.reason, outcome.description, outcome.properties);
    } else {
      const { application_properties: old } = entry.message;
      if (outcome.properties) entry.message = { ...entry.message, application_properties: { ...old, ...outcome.properties } };
      this.#redeliver(entry);
    }
  }

  /** Starts a lock anew and answers when it ends. Throws `lockLost` when it has ended before. */
  renew(token: string): number {
    const entry = this.#held(token);
    const until = this.#now() + this.#settings.lockMs;
    entry.lock = { token, until };
    this.#locked.delete(token);
    this.#locked.set(token, entry);
    return until;
  }

  /** Ends a lock before its time, as the broker does when it moves a queue to another machine. */
  breakLock(token: string): void {
    const entry = this.#locked.get(token);
    if (entry) this.#redeliver(entry);
  }

  /** Up to `max` messages from sequence number `from` on, locked and scheduled ones too. */
  peek(from: number, max: number): Entry[] {
    const inOrder = [...this.#entries.values()].sort((a, b) => a.seq - b.seq);
    return inOrder.filter((entry) => entry.seq >= from).slice(0, max);
  }

  /** Removes scheduled messages, all or none. Throws `messageNotFound`. */
  cancelScheduled(seqs: readonly number[]): void {
    const entries = seqs.map((seq) => this.#entries.get(seq)).filter((entry) => entry?.state === "scheduled");
    if (entries.length < seqs.length) throw messageNotFound();
    for (const seq of seqs) this.#entries.delete(seq);
  }

  /** Does what time brings: locks end, scheduled messages fall due, old messages expire, old ids are forgotten. */
  sweep(): void {
    const now = this.#now();
    for (const entry of this.#locked.values()) {
      if (entry.lock && entry.lock.until > now) break;
      this.#redeliver(entry);
    }
    for (const entry of [...this.#entries.values()]) {
      if (entry.state === "scheduled") {
        if ((entry.dueAt ?? 0) <= now) this.#makeReady(Object.assign(entry, { enqueuedAt: now, expiresAt: now + entry.ttlMs }));
      } else if (!entry.lock && entry.expiresAt <= now) this.#expire(entry);
    }
    for (const [id, time] of this.#seen) {
      if (now - time < this.#settings.duplicateWindowMs) break;
      this.#seen.delete(id);
    }
    this.deadLetters?.sweep();
  }

  counts(): { active: number; locked: number; scheduled: number; deadLetters: number } {
    const counts = { active: 0, locked: 0, scheduled: 0, deadLetters: this.deadLetters ? this.deadLetters.#entries.size : 0 };
    for (const entry of this.#entries.values()) counts[entry.lock ? "locked" : entry.state] += 1;
    return counts;
  }

  #isDuplicate(id: string, now: number): boolean {
    if (this.#settings.duplicateWindowMs === 0) return false;
    const seenAt = this.#seen.get(id);
    if (seenAt !== undefined && now - seenAt < this.#settings.duplicateWindowMs) return true;
    this.#seen.delete(id);
    this.#seen.set(id, now);
    return false;
  }

  #held(token: string): Entry {
    const entry = this.#locked.get(token);
    if (!entry?.lock) throw lockLost();
    if (entry.lock.until > this.#now()) return entry;
    this.#redeliver(entry);
    throw lockLost();
  }

  #makeReady(entry: Entry): void {
    entry.state = "active";
    let place = this.#ready.length;
    while (place > 0 && this.#ready[place - 1]! > entry.seq) place -= 1;
    this.#ready.splice(place, 0, entry.seq);
    this.onReady();
  }

  #unlock(entry: Entry): void {
    if (entry.lock) this.#locked.delete(entry.lock.token);
    entry.lock = undefined;
  }

  #remove(entry: Entry): void {
    this.#unlock(entry);
    this.#entries.delete(entry.seq);
  }

  /** After a delivery without success: the message is offered again, or given up after too many deliveries. */
  #redeliver(entry: Entry): void {
    this.#unlock(entry);
    entry.deliveryCount += 1;
    if (entry.deliveryCount < this.#settings.deliveriesMax) this.#makeReady(entry);
    else this.#deadLetter(entry, "MaxDeliveryCountExceeded", "Too many deliveries");
  }

  /** Our queues are made with `deadLetteringOnMessageExpiration`: nothing is lost by waiting too long. */
  #expire(entry: Entry): void {
    this.#deadLetter(entry, "TTLExpiredException", "The message expired");
  }

  #deadLetter(entry: Entry, reason: unknown, description: unknown, properties: Readonly<Record<string, unknown>> = {}): void {
    this.#remove(entry);
    const target = this.deadLetters ?? this;
    const { message_annotations: annotations, application_properties: old } = entry.message;
    const seq = target.enqueue({
      ...entry.message,
      ttl: undefined,
      application_properties: {
        ...old,
        ...properties,
        ...(reason === undefined ? {} : { DeadLetterReason: reason }),
        ...(description === undefined ? {} : { DeadLetterErrorDescription: description }),
      },
      message_annotations: { ...annotations, "x-opt-deadletter-source": this.name },
    });
    const dead = target.#entries.get(seq);
    if (dead) dead.deliveryCount = entry.deliveryCount;
  }
}
