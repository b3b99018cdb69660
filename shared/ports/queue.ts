/** A message to send. `body` is a JSON object of at most 64 KB; `id` is what duplicate detection compares. */
export interface OutgoingMessage {
  readonly queue: string;
  readonly id: string;
  readonly body: object;
  /** Milliseconds since the epoch; before it nobody receives the message. */
  readonly notBefore?: number;
}

/** A message under lock: ours until `lockedUntil`, then anybody's again. */
export interface ReceivedMessage {
  readonly queue: string;
  readonly id: string;
  readonly body: unknown;
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  /** When it became due, milliseconds since the epoch: for a scheduled message, its time. */
  readonly enqueuedAt: number;
  readonly lockToken: string;
}

/** A message set aside with the reason why. */
export interface DeadMessage {
  readonly id: string;
  readonly body: unknown;
  readonly reason: string;
}

export type Settlement = "settled" | "lock-lost";

export interface MessageSender {
  /** All or none on the embedded family; on Service Bus per queue and batch. A second message of the same id within the window is swallowed. */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
}

/** A durable queue with peek-lock semantics: at least once, no order promised. */
export interface Queue extends MessageSender {
  /** Up to `max` messages, locked; waits up to `waitMs` for the first one, or until `signal` fires. */
  receive(queue: string, options: { max: number; waitMs: number; signal?: AbortSignal }): Promise<ReceivedMessage[]>;
  complete(message: ReceivedMessage): Promise<Settlement>;
  /** Gives the message back at once; its delivery count stays raised. */
  abandon(message: ReceivedMessage): Promise<Settlement>;
  deadLetter(message: ReceivedMessage, reason: string): Promise<Settlement>;
  /** Starts the lock anew. */
  renewLock(message: ReceivedMessage): Promise<Settlement>;
  /** The oldest dead letters of a queue, without removing them. */
  peekDeadLetters(queue: string, max: number): Promise<DeadMessage[]>;
}

/** How much waits in a queue. */
export interface QueueLevel {
  readonly queue: string;
  /** Messages that are due, those in work included. */
  readonly ready: number;
  /** Messages for later: retries. */
  readonly scheduled: number;
  readonly dead: number;
  /** How long the oldest ready message has been due; 0 without one. */
  readonly oldestMs: number;
}

/** How every queue of ours is made; on Azure Bicep reads the same numbers. */
export interface QueueSettings {
  readonly lockMs: number;
  readonly deliveriesMax: number;
  readonly duplicateWindowMs: number;
}
