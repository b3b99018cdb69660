import { type AmqpMessage, amqp, toArray, toLockToken, toNumber } from "./amqp.ts";
import { notEmulated } from "./broker-error.ts";
import type { EmulatedQueue, Outcome } from "./emulated-queue.ts";
import { encodeEntry } from "./encode-entry.ts";
import type { Operation } from "./faults.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One operation of `$management`. No answer means that there is nothing to answer, as for a peek into an empty queue. */
export interface ManagementOperation {
  readonly operation: Operation;
  /** The messages concerned, by lock token. */
  readonly lockTokens?: (body: Fields) => string[];
  readonly run: (queue: EmulatedQueue, body: Fields) => Fields | undefined;
}

const lockTokens = (body: Fields) => toArray(body["lock-tokens"]).map(toLockToken);

/** The operations the client uses apart from links, after "AMQP 1.0 in Azure Service Bus: request-response-based operations". */
const operations: Readonly<Record<string, ManagementOperation>> = {
  "com.microsoft:peek-message": {
    operation: "peek",
    run(queue, body) {
      const entries = queue.peek(toNumber(body["from-sequence-number"]), toNumber(body["message-count"]));
      return entries.length > 0 ? { messages: entries.map((entry) => ({ message: encodeEntry(entry) })) } : undefined;
    },
  },
  "com.microsoft:renew-lock": {
    operation: "renew",
    lockTokens,
    run: (queue, body) => ({ expirations: lockTokens(body).map((token) => new Date(queue.renew(token))) }),
  },
  "com.microsoft:schedule-message": {
    operation: "schedule",
    run(queue, body) {
      const messages = toArray(body.messages).map((item) => amqp.message.decode((item as { message: Buffer }).message));
      return { "sequence-numbers": messages.map((message) => amqp.types.wrap_long(queue.enqueue(message, dueAt(message)))) };
    },
  },
  "com.microsoft:cancel-scheduled-message": {
    operation: "cancel",
    run(queue, body) {
      queue.cancelScheduled(toArray(body["sequence-numbers"]).map(toNumber));
      return {};
    },
  },
  // How a message is settled when the link on which it came is gone.
  "com.microsoft:update-disposition": {
    operation: "settle",
    lockTokens,
    run(queue, body) {
      const outcome = toOutcome(body);
      for (const token of lockTokens(body)) queue.settle(token, outcome);
      return {};
    },
  },
};

/** Throws `notEmulated` for an operation that no adapter of ours uses. */
export function findManagementOperation(name: unknown): ManagementOperation {
  const found = operations[String(name)];
  if (!found) throw notEmulated();
  return found;
}

/** When the sender wants the message to appear: milliseconds since the epoch, or 0. */
export function dueAt(message: AmqpMessage): number {
  return Number(message.message_annotations?.["x-opt-scheduled-enqueue-time"] ?? 0);
}

function toOutcome(body: Fields): Outcome {
  const properties = body["properties-to-modify"] as Fields | undefined;
  switch (body["disposition-status"]) {
    case "completed":
      return { kind: "completed" };
    case "abandoned":
      return { kind: "abandoned", properties };
    case "suspended":
      return { kind: "dead-lettered", reason: body["deadletter-reason"], description: body["deadletter-description"], properties };
    default:
      throw notEmulated();
  }
}
