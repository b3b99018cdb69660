import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../../ports/clock.ts";
import type { DeadMessage, OutgoingMessage, Queue, QueueSettings, ReceivedMessage, Settlement } from "../../ports/queue.ts";
import type { GroupCommit } from "./group-commit.ts";

interface Lock {
  readonly token: string;
  /** Milliseconds since the epoch; infinite while a settlement waits for its commit. */
  until: number;
}

interface Row {
  readonly id: string;
  /** When it was there for everybody, which Service Bus, too, calls the time it was enqueued at. */
  readonly visible_at: number;
  readonly delivery_count: number;
  readonly body: string;
}

/** The reason that Service Bus gives. */
const deliveriesExceeded = "MaxDeliveryCountExceeded";

/**
 * A durable queue in the database file, with the semantics of Service Bus (peek-lock, delivery count, duplicate detection).
 * Locks live in memory: one process owns the file, and when it dies every message is free again, which is what a lock is for.
 */
export class SqliteQueue implements Queue {
  readonly #db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #clock: Clock;
  readonly #settings: QueueSettings;
  readonly #locks = new Map<number, Lock>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #due: StatementSync;
  readonly #read: StatementSync;
  readonly #raiseCount: StatementSync;
  readonly #insert: StatementSync;
  readonly #remember: StatementSync;
  readonly #remove: StatementSync;
  readonly #bury: StatementSync;
  readonly #nextDue: StatementSync;
  #lockNumber = 0;

  constructor(db: DatabaseSync, commit: GroupCommit, clock: Clock, settings: QueueSettings) {
    this.#db = db;
    this.#commit = commit;
    this.#clock = clock;
    this.#settings = settings;
    this.#due = db.prepare("SELECT seq FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, seq LIMIT ?");
    this.#read = db.prepare("SELECT id, visible_at, delivery_count, body FROM messages WHERE seq = ?");
    this.#raiseCount = db.prepare("UPDATE messages SET delivery_count = ? WHERE seq = ?");
    this.#insert = db.prepare("INSERT INTO messages (queue, id, enqueued_at, visible_at, body) VALUES (?, ?, ?, ?, ?)");
    this.#remember = db.prepare(
      "INSERT INTO message_ids (queue, id, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET expires_at = ?3 WHERE expires_at <= ?4",
    );
    this.#remove = db.prepare("DELETE FROM messages WHERE seq = ?");
    this.#bury = db.prepare(
      "INSERT INTO dead_messages (seq, queue, id, reason, body) SELECT seq, queue, id, ?, body FROM messages WHERE seq = ?",
    );
    this.#nextDue = db.prepare("SELECT visible_at FROM messages WHERE queue = ? AND visible_at > ? ORDER BY visible_at LIMIT 1");
  }

  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    await this.#commit.write(() => this.insert(messages));
    this.announce(messages);
  }

  /** Part of `send` for a transaction of somebody else, who calls `announce` after its commit. */
  insert(messages: readonly OutgoingMessage[]): void {
    const now = this.#clock.now();
    for (const message of messages) {
      const isNew = this.#remember.run(message.queue, message.id, now + this.#settings.duplicateWindowMs, now).changes === 1;
      if (isNew) {
        this.#insert.run(message.queue, message.id, now, Math.max(message.notBefore ?? 0, now), JSON.stringify(message.body));
      }
    }
  }

  announce(messages: readonly OutgoingMessage[]): void {
    for (const queue of new Set(messages.map((message) => message.queue))) {
      this.#wake(queue);
    }
  }

  async receive(queue: string, { max, waitMs, signal }: { max: number; waitMs: number; signal?: AbortSignal }): Promise<ReceivedMessage[]> {
    const deadline = this.#clock.now() + waitMs;
    for (;;) {
      const messages = this.#take(queue, max);
      if (messages.length > 0 || this.#clock.now() >= deadline || signal?.aborted === true) {
        return messages;
      }
      await this.#waitForMore(queue, deadline, signal);
    }
  }

  complete(message: ReceivedMessage): Promise<Settlement> {
    return this.#settle(message, (seq) => this.#remove.run(seq));
  }

  async abandon(message: ReceivedMessage): Promise<Settlement> {
    // Even with nothing to change: the delivery count must be written before anybody reads it again.
    const isLast = message.deliveryCount >= this.#settings.deliveriesMax;
    const settlement = await this.#settle(message, (seq) => (isLast ? this.#moveToDead(seq, deliveriesExceeded) : undefined));
    this.#wake(message.queue);
    return settlement;
  }

  deadLetter(message: ReceivedMessage, reason: string): Promise<Settlement> {
    return this.#settle(message, (seq) => this.#moveToDead(seq, reason));
  }

  async renewLock(message: ReceivedMessage): Promise<Settlement> {
    const seq = this.#lockedSeq(message);
    if (seq === undefined) {
      return "lock-lost";
    }
    this.#locks.get(seq)!.until = this.#clock.now() + this.#settings.lockMs;
    return "settled";
  }

  async peekDeadLetters(queue: string, max: number): Promise<DeadMessage[]> {
    const rows = this.#db.prepare("SELECT id, reason, body FROM dead_messages WHERE queue = ? ORDER BY seq LIMIT ?").all(queue, max);
    return rows.map((row) => ({ id: String(row["id"]), reason: String(row["reason"]), body: JSON.parse(String(row["body"])) }));
  }

  /** Forgets message ids whose duplicate window is over. */
  purgeMessageIds(max: number): number {
    const purge = this.#db.prepare(
      "DELETE FROM message_ids WHERE (queue, id) IN (SELECT queue, id FROM message_ids WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
    );
    return Number(purge.run(this.#clock.now(), max).changes);
  }

  #wake(queue: string): void {
    for (const listener of this.#listeners.get(queue) ?? []) {
      listener();
    }
  }

  #take(queue: string, max: number): ReceivedMessage[] {
    const now = this.#clock.now();
    const taken: ReceivedMessage[] = [];
    // Locked messages stand at the head of the index, so that many more rows are looked at (seq only, no bodies).
    for (const { seq } of this.#due.all(queue, now, max + this.#locks.size) as { seq: number }[]) {
      if (taken.length === max) {
        break;
      }
      const lock = this.#locks.get(seq);
      if (lock === undefined || lock.until <= now) {
        const message = this.#lock(queue, seq, now);
        if (message !== undefined) {
          taken.push(message);
        }
      }
    }
    return taken;
  }

  #lock(queue: string, seq: number, now: number): ReceivedMessage | undefined {
    const row = this.#read.get(seq) as unknown as Row;
    const deliveryCount = row.delivery_count + 1;
    const lock = { token: `${seq}.${++this.#lockNumber}`, until: now + this.#settings.lockMs };
    this.#locks.set(seq, lock);
    if (deliveryCount > this.#settings.deliveriesMax) {
      this.#settleLocked(seq, lock, () => this.#moveToDead(seq, deliveriesExceeded)).catch(() => undefined);
      return undefined;
    }
    // Not awaited: the count matters only to a later delivery, and the write is ordered before any settlement of this one.
    this.#commit.write(() => this.#raiseCount.run(deliveryCount, seq)).catch(() => undefined);
    return { queue, id: row.id, body: JSON.parse(row.body), deliveryCount, enqueuedAt: row.visible_at, lockToken: lock.token };
  }

  async #settle(message: ReceivedMessage, change: (seq: number) => void): Promise<Settlement> {
    const seq = this.#lockedSeq(message);
    if (seq === undefined) {
      return "lock-lost";
    }
    await this.#settleLocked(seq, this.#locks.get(seq)!, change);
    return "settled";
  }

  /** Holds the lock until the commit; when that fails the message is free again at once. */
  async #settleLocked(seq: number, lock: Lock, change: (seq: number) => void): Promise<void> {
    lock.until = Number.POSITIVE_INFINITY;
    try {
      await this.#commit.write(() => change(seq));
    } finally {
      this.#locks.delete(seq);
    }
  }

  #moveToDead(seq: number, reason: string): void {
    this.#bury.run(reason, seq);
    this.#remove.run(seq);
  }

  #lockedSeq({ lockToken }: ReceivedMessage): number | undefined {
    const seq = Number.parseInt(lockToken, 10);
    const lock = this.#locks.get(seq);
    return lock?.token === lockToken && lock.until > this.#clock.now() ? seq : undefined;
  }

  /** Until a message may be there: one was sent or given back, a scheduled one or a lock comes due, or the caller's time is up. */
  async #waitForMore(queue: string, deadline: number, signal: AbortSignal | undefined): Promise<void> {
    const now = this.#clock.now();
    const scheduled = (this.#nextDue.get(queue, now) as { visible_at: number } | undefined)?.visible_at ?? deadline;
    const lockEnds = [...this.#locks.values()].map((lock) => lock.until).filter((until) => until > now);
    const wakeAt = Math.min(deadline, scheduled, ...lockEnds);
    const listeners = this.#listeners.get(queue) ?? new Set();
    this.#listeners.set(queue, listeners);
    await new Promise<void>((resolve) => {
      const wake = () => {
        listeners.delete(wake);
        signal?.removeEventListener("abort", wake);
        cancel();
        resolve();
      };
      const cancel = this.#clock.at(wakeAt, wake);
      listeners.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }
}
