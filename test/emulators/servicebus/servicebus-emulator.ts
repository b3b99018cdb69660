import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type AmqpConnection, type AmqpEvent, amqp, type IncomingDelivery, type OutgoingDelivery } from "./amqp.ts";
import type { EmulatedQueueSettings, Outcome } from "./emulated-queue.ts";
import { Entities } from "./entities.ts";
import { type Fault, Faults } from "./faults.ts";
import { Peer } from "./peer.ts";

export interface ServiceBusEmulatorOptions {
  /** A free one if left out. */
  readonly port?: number;
  readonly queues: Readonly<Record<string, EmulatedQueueSettings>>;
  /** Milliseconds since the epoch. With it, locks and other times end only when `tick` is called; without it, by themselves. */
  readonly now?: () => number;
}

export interface ServiceBusEmulator {
  readonly connectionString: string;
  /** Lets happen what is due by now. */
  tick(): void;
  /** What a queue holds. */
  counts(queue: string): { active: number; locked: number; scheduled: number; deadLetters: number };
  /** Makes a coming operation fail. */
  inject(fault: Fault): void;
  /** Ends every connection without a word. */
  dropConnections(): void;
  close(): Promise<void>;
}

const policy = { keyName: "RootManageSharedAccessKey", key: "emulated-key" };
const sweepMs = 25;

/**
 * Starts a server that speaks enough of Service Bus for the unmodified client: queues with locks, delivery counts, dead letters,
 * scheduled messages, duplicate detection and expiry. AMQP 1.0 over plain TCP on 127.0.0.1, everything in memory.
 */
export async function startServiceBusEmulator({ port = 0, queues, now }: ServiceBusEmulatorOptions): Promise<ServiceBusEmulator> {
  const entities = new Entities(queues, now ?? Date.now);
  const faults = new Faults();
  const peers = new Map<AmqpConnection, Peer>();

  const container = amqp.create_container({ id: "servicebus-emulator" });
  container.sasl_server_mechanisms.enable_anonymous();
  container.sasl_server_mechanisms.MSSBCBS = () => ({ outcome: true, start: () => undefined, step: () => undefined });
  listenToPeers(container, (connection) => peers.get(connection));
  container.on("connection_open", ({ connection }: AmqpEvent) => {
    peers.set(connection, new Peer({ entities, faults, policy }, connection));
    // rhea itself only hears "end" and "error", not a destroyed socket.
    connection.socket.once("close", () => {
      peers.delete(connection);
      entities.removeConsumersIf((link) => link.connection === connection);
    });
  });
  container.on("sender_close", ({ sender }: AmqpEvent) => entities.removeConsumersIf((link) => link === sender));
  container.on("sender_error", ({ sender }: AmqpEvent) => entities.removeConsumersIf((link) => link === sender));
  container.on("session_close", ({ session }: AmqpEvent) => {
    const closed = new Set(Object.values(session.links ?? {}));
    entities.removeConsumersIf((link) => closed.has(link));
  });

  const server = container.listen({
    host: "127.0.0.1",
    port,
    max_frame_size: 65_536,
    session_buffer_size: 32_768,
    sender_options: { treat_modified_as_released: false },
    receiver_options: { autoaccept: false, credit_window: 500 },
  });
  await once(server, "listening");
  const timer = now ? undefined : setInterval(() => entities.sweep(), sweepMs);
  timer?.unref();

  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dropConnections = () => {
    // Only after an error does rhea stop its timers.
    for (const { socket } of peers.keys()) socket.destroy(new Error("dropped"));
  };
  return {
    connectionString: `Endpoint=sb://${address};SharedAccessKeyName=${policy.keyName};SharedAccessKey=${policy.key};UseDevelopmentEmulator=true;`,
    tick: () => entities.sweep(),
    counts: (queue) => entities.find(queue).queue.counts(),
    inject: (fault) => faults.inject(fault),
    dropConnections,
    async close() {
      clearInterval(timer);
      server.close();
      dropConnections();
      await once(server, "close");
    },
  };
}

/** Passes what rhea hears to the peer it came from. */
function listenToPeers(
  container: ReturnType<typeof amqp.create_container>,
  peerOf: (connection: AmqpConnection) => Peer | undefined,
): void {
  // Unheard, these would end the process; the socket's end says the same.
  for (const event of ["connection_error", "disconnected", "session_error", "receiver_error", "error"]) container.on(event, () => {});

  container.on("sender_open", ({ connection, sender }: AmqpEvent) => peerOf(connection)?.onReceiverAttached(sender));
  container.on("receiver_open", ({ connection, receiver }: AmqpEvent) => peerOf(connection)?.onSenderAttached(receiver));
  container.on("sender_flow", ({ connection, sender }: AmqpEvent) => peerOf(connection)?.onFlow(sender));
  container.on("message", ({ connection, receiver, message, delivery }: AmqpEvent) =>
    peerOf(connection)?.onMessage(receiver, message, delivery as IncomingDelivery),
  );

  const onSettled = (event: string, toOutcome: (state: NonNullable<OutgoingDelivery["remote_state"]>) => Outcome) =>
    container.on(event, ({ connection, sender, delivery }: AmqpEvent) => {
      const outgoing = delivery as OutgoingDelivery;
      peerOf(connection)?.onSettled(sender, outgoing, toOutcome(outgoing.remote_state ?? {}));
    });
  onSettled("accepted", () => ({ kind: "completed" }));
  onSettled("released", () => ({ kind: "abandoned" }));
  onSettled("modified", (state) =>
    state.undeliverable_here ? { kind: "deferred" } : { kind: "abandoned", properties: state.message_annotations },
  );
  onSettled("rejected", (state) => {
    const { DeadLetterReason: reason, DeadLetterErrorDescription: description, ...properties } = state.error?.info ?? {};
    return { kind: "dead-lettered", reason, description, properties };
  });
}
