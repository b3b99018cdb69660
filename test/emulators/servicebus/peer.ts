import {
  type AmqpConnection,
  type AmqpMessage,
  amqp,
  decodeTransfer,
  type IncomingDelivery,
  type OutgoingDelivery,
  type ReceiverLink,
  type SenderLink,
} from "./amqp.ts";
import { BrokerError, lockLost, messageTooLarge, notEmulated, serverBusy, toCondition } from "./broker-error.ts";
import { Claims } from "./claims.ts";
import type { EmulatedQueue, Outcome } from "./emulated-queue.ts";
import type { Entities } from "./entities.ts";
import type { Faults, Operation } from "./faults.ts";
import { dueAt, findManagementOperation } from "./management.ts";

/** The Standard tier's limit ("Service Bus quotas"), for a message as for a batch. */
const messageBytesMax = 256 * 1024;

/** The settle mode of a receiver whose messages are gone once they are sent: "receive and delete". */
const settledBySender = 1;

export interface Namespace {
  readonly entities: Entities;
  readonly faults: Faults;
  readonly policy: { readonly keyName: string; readonly key: string };
}

/** Thrown to leave an operation without an answer: the connection is gone. */
class Dropped extends Error {}

/** One connection of a client and what it does. */
export class Peer {
  readonly #namespace: Namespace;
  readonly #connection: AmqpConnection;
  readonly #claims = new Claims();
  /** Where answers of `$management` and `$cbs` go, by link name. */
  readonly #replyLinks = new Map<string, SenderLink>();

  constructor(namespace: Namespace, connection: AmqpConnection) {
    this.#namespace = namespace;
    this.#connection = connection;
  }

  onReceiverAttached(link: SenderLink): void {
    const address = link.source?.address ?? "";
    link.local.attach.snd_settle_mode = link.remote.attach.snd_settle_mode;
    link.local.attach.rcv_settle_mode = link.remote.attach.rcv_settle_mode;
    link.set_source({ address });
    link.set_target({ address: link.target?.address ?? link.name });
    if (isRequestAddress(address)) {
      this.#replyLinks.set(link.name, link);
      return;
    }
    this.#guarded(
      () => {
        this.#claims.require(address);
        const wantsSession = "com.microsoft:session-filter" in (link.source?.filter ?? {});
        if (wantsSession || link.remote.attach.snd_settle_mode === settledBySender) throw notEmulated();
        const { queue, consumers } = this.#namespace.entities.find(address);
        this.#struck("receive", queue, [], () => consumers.add(link));
      },
      (error) => link.close(toCondition(error)),
    );
  }

  onSenderAttached(link: ReceiverLink): void {
    const address = link.target?.address ?? "";
    link.local.attach.max_message_size = messageBytesMax;
    link.set_target({ address });
    link.set_source({ address: link.source?.address ?? link.name });
    if (isRequestAddress(address)) return;
    this.#guarded(
      () => {
        this.#claims.require(address);
        this.#namespace.entities.find(address);
      },
      (error) => link.close(toCondition(error)),
    );
  }

  onFlow(link: SenderLink): void {
    const address = link.source?.address ?? "";
    if (!isRequestAddress(address)) this.#namespace.entities.find(address).consumers.onFlow(link);
  }

  onMessage(link: ReceiverLink, message: AmqpMessage | Buffer, delivery: IncomingDelivery): void {
    const address = link.target?.address ?? "";
    if (isRequestAddress(address)) {
      delivery.accept();
      this.#answer(address, decodeTransfer(message, 0).messages[0] ?? {});
      return;
    }
    this.#guarded(
      () => {
        const { queue } = this.#namespace.entities.find(address);
        const { messages, bytes } = decodeTransfer(message, delivery.format);
        if (bytes > messageBytesMax) throw messageTooLarge();
        this.#struck("send", queue, [], () => {
          for (const one of messages) queue.enqueue(one, dueAt(one));
        });
        delivery.accept();
      },
      (error) => inOwnTurn(() => delivery.reject(toCondition(error))),
    );
  }

  onSettled(link: SenderLink, delivery: OutgoingDelivery, outcome: Outcome): void {
    const address = link.source?.address ?? "";
    if (isRequestAddress(address)) return;
    const answer = (state: unknown) => {
      if (!delivery.remote_settled) delivery.update(true, state);
    };
    this.#guarded(
      () => {
        const { queue } = this.#namespace.entities.find(address);
        const token = delivery.tag.toString("hex");
        this.#struck("settle", queue, [token], () => queue.settle(token, outcome));
        // Not the client's own outcome: a dead-lettering is `rejected`, which it would read as a failure.
        answer(amqp.message.accepted().described());
      },
      (error) => inOwnTurn(() => answer(amqp.message.rejected({ error: toCondition(error) }).described())),
    );
  }

  /** Does `effect` unless a fault comes first; `tokens` are the locks concerned. */
  #struck<T>(operation: Operation, queue: EmulatedQueue, tokens: readonly string[], effect: () => T): T {
    const kind = this.#namespace.faults.take(operation, queue.name);
    if (kind === "server-busy") throw serverBusy();
    if (kind === "lock-lost") {
      for (const token of tokens) queue.breakLock(token);
      throw lockLost();
    }
    const result = kind === "drop-before" ? undefined : effect();
    if (kind === undefined) return result as T;
    const dropped = new Dropped();
    this.#connection.socket.destroy(dropped);
    throw dropped;
  }

  #guarded(action: () => void, refuse: (error: unknown) => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof Dropped)) refuse(error);
    }
  }

  #answer(address: string, request: AmqpMessage): void {
    this.#guarded(
      () => {
        const body = isTokenAddress(address) ? this.#putToken(request) : this.#manage(address, request);
        this.#reply(address, request, body ? 200 : 204, undefined, body);
      },
      (error) => this.#reply(address, request, error instanceof BrokerError ? error.status : 500, error, undefined),
    );
  }

  #putToken(request: AmqpMessage): object {
    this.#claims.putToken(request, this.#namespace.policy);
    return {};
  }

  #manage(address: string, request: AmqpMessage): object | undefined {
    const target = address.replace(/\/?\$management$/i, "");
    this.#claims.require(target);
    const { queue } = this.#namespace.entities.find(target);
    const { operation, lockTokens, run } = findManagementOperation(request.application_properties?.operation);
    const body = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    return this.#struck(operation, queue, lockTokens?.(body) ?? [], () => run(queue, body));
  }

  #reply(address: string, request: AmqpMessage, status: number, error: unknown, body: object | undefined): void {
    const { condition, description } = error === undefined ? { condition: undefined, description: "OK" } : toCondition(error);
    // `$cbs` and `$management` spell the same things differently.
    const names = isTokenAddress(address)
      ? { status: "status-code", description: "status-description", condition: "error-condition" }
      : { status: "statusCode", description: "statusDescription", condition: "errorCondition" };
    this.#replyLinks.get(request.reply_to ?? "")?.send({
      correlation_id: request.message_id,
      to: request.reply_to,
      body,
      application_properties: {
        [names.status]: amqp.types.wrap_int(status),
        [names.description]: description,
        ...(condition === undefined ? {} : { [names.condition]: amqp.types.wrap_symbol(condition) }),
      },
    });
  }
}

/** Within one turn of the event loop rhea gives two neighbouring deliveries the outcome of the first. */
function inOwnTurn(refuse: () => void): void {
  setImmediate(refuse);
}

function isRequestAddress(address: string): boolean {
  return isTokenAddress(address) || /(^|\/)\$management$/i.test(address);
}

function isTokenAddress(address: string): boolean {
  return /(^|\/)\$cbs$/i.test(address);
}
