import type { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import rheaContainer from "rhea";

/** An AMQP 1.0 message as rhea decodes it; only the fields that the broker itself reads are named. */
export interface AmqpMessage {
  readonly message_id?: unknown;
  readonly reply_to?: string;
  /** Milliseconds to live. */
  readonly ttl?: number | undefined;
  readonly delivery_count?: number;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly message_annotations?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly [field: string]: unknown;
}

export interface AmqpCondition {
  readonly condition: string;
  readonly description: string;
}

interface Terminus {
  readonly address?: string;
  readonly filter?: object;
}

interface Link {
  readonly name: string;
  readonly source?: Terminus;
  readonly target?: Terminus;
  readonly connection: AmqpConnection;
  readonly session: { readonly outgoing: { available(): number; readonly next_pending_delivery: number } };
  /** The attach frame we answer with. */
  readonly local: { readonly attach: { max_message_size?: number; snd_settle_mode?: number; rcv_settle_mode?: number } };
  readonly remote: { readonly attach: { readonly snd_settle_mode: number; readonly rcv_settle_mode: number } };
  set_source(terminus: Terminus): void;
  set_target(terminus: Terminus): void;
  close(error?: AmqpCondition): void;
}

/** A link by which the client receives from us. */
export interface SenderLink extends Link {
  readonly credit: number;
  readonly _draining: boolean;
  set_drained(drained: boolean): void;
  send(message: AmqpMessage | Buffer, tag?: Buffer, format?: number): OutgoingDelivery;
}

/** A link by which the client sends to us. */
export interface ReceiverLink extends Link {}

export interface OutgoingDelivery {
  readonly id: number;
  readonly tag: Buffer;
  readonly remote_settled: boolean;
  readonly remote_state?: {
    readonly undeliverable_here?: boolean;
    readonly message_annotations?: Readonly<Record<string, unknown>>;
    readonly error?: { readonly info?: Readonly<Record<string, unknown>> };
  };
  update(settled: boolean, state: unknown): void;
}

export interface IncomingDelivery {
  readonly format: number;
  accept(): void;
  reject(error: AmqpCondition): void;
}

export interface AmqpConnection {
  readonly socket: Socket;
  _register(): void;
}

/** What rhea hands to a listener; which fields are there depends on the event. */
export interface AmqpEvent {
  readonly connection: AmqpConnection;
  readonly session: { readonly links?: Readonly<Record<string, SenderLink | ReceiverLink>> };
  readonly sender: SenderLink;
  readonly receiver: ReceiverLink;
  readonly message: AmqpMessage | Buffer;
  readonly delivery: unknown;
}

interface Container extends EventEmitter {
  readonly sasl_server_mechanisms: { enable_anonymous(): void; [mechanism: string]: unknown };
  listen(options: object): Server;
}

/**
 * The part of rhea we use, its inner fields included (`local`, `remote`, `session.outgoing`, `_draining`, `_register`): a server needs
 * them, and rhea's own declarations don't have them. Hence the pinned version.
 */
interface Rhea {
  create_container(options: { id: string }): Container;
  readonly message: {
    encode(message: AmqpMessage): Buffer;
    decode(bytes: Buffer): AmqpMessage;
    accepted(): { described(): unknown };
    rejected(fields: { error: AmqpCondition }): { described(): unknown };
  };
  readonly types: {
    wrap_long(value: number): unknown;
    wrap_int(value: number): unknown;
    wrap_symbol(value: string): unknown;
  };
}

export const amqp = rheaContainer as unknown as Rhea;

/** The message format of a batch: a message whose data sections are encoded messages. */
const batchFormat = 0x80013700;

/** The messages of one transfer, and the bytes they took on the wire. */
export function decodeTransfer(message: AmqpMessage | Buffer, format: number): { messages: AmqpMessage[]; bytes: number } {
  if (!Buffer.isBuffer(message)) return { messages: [message], bytes: amqp.message.encode(message).length };
  const outer = amqp.message.decode(message);
  if (format !== batchFormat) return { messages: [outer], bytes: message.length };
  const { content } = outer.body as { content: Buffer | Buffer[] };
  return { messages: [content].flat().map((bytes) => amqp.message.decode(bytes)), bytes: message.length };
}

/** An AMQP long as a number; rhea leaves those that don't fit into 53 bits as bytes. */
export function toNumber(value: unknown): number {
  return Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value);
}

/** An AMQP list, array or single value as an array. */
export function toArray(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [...(value as Iterable<unknown>)];
}

const guidOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** A lock token as `$management` carries it, in the form the delivery tag has: 32 hexadecimal digits in the byte order of a .NET Guid. */
export function toLockToken(uuid: unknown): string {
  const bytes = Buffer.isBuffer(uuid) ? uuid : Buffer.from(String(uuid).replaceAll("-", ""), "hex");
  return Buffer.from(guidOrder.map((index) => bytes[index] ?? 0)).toString("hex");
}
