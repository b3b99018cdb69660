import { AzureOutbox } from "../../shared/adapters/azure/azure-outbox.ts";
import { openServiceBusClient } from "../../shared/adapters/azure/service-bus-client.ts";
import { ServiceBusQueue } from "../../shared/adapters/azure/service-bus-queue.ts";
import { queueSettings } from "../../shared/composition/queue-settings.ts";
import { dispatchQueue } from "../../shared/delivery/messages.ts";
import { eventsQueue } from "../../shared/events/events-message.ts";
import { containers } from "../../shared/ports/containers.ts";
import type { DocumentStore } from "../../shared/ports/document-store.ts";
import type { HttpClient } from "../../shared/ports/http-client.ts";
import type { Outbox } from "../../shared/ports/outbox.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import type { Queue } from "../../shared/ports/queue.ts";
import { providers } from "../../shared/providers/registry.ts";
import { startServiceBusEmulator } from "../emulators/servicebus/servicebus-emulator.ts";
import { openCosmosStore } from "./cosmos-store.ts";
import { silentLog } from "./embedded-store.ts";
import { exampleVault } from "./gateway-in-process.ts";

/**
 * The ports on Azure's services against emulators whose time the test moves. Receiving asks the emulator first how much there is: the client
 * waits a second for more.
 */
export async function openAzureTestPorts(http: HttpClient) {
  const cosmos = await openCosmosStore(containers);
  const queues = [eventsQueue, ...providers.map(({ slug }) => dispatchQueue(slug))];
  const settings = { ...queueSettings, deliveriesMax: 1_000 };
  const bus = await startServiceBusEmulator({ queues: Object.fromEntries(queues.map((name) => [name, settings])), now: cosmos.now });
  const client = openServiceBusClient({ connectionString: bus.connectionString });
  const clock = { now: cosmos.now, at: () => () => undefined };
  const serviceBus = new ServiceBusQueue(() => client, clock);
  const receive: Queue["receive"] = async (from, options) => {
    const { active } = bus.counts(from);
    return active === 0 ? [] : serviceBus.receive(from, { ...options, max: Math.min(active, options.max) });
  };
  const queue: Queue = new Proxy(serviceBus, {
    get: (target, name: keyof Queue) => (name === "receive" ? receive : target[name].bind(target)),
  });
  const store = cosmos.store as DocumentStore;
  const outboxOver = (over: DocumentStore, sender: Queue): Outbox => new AzureOutbox(over, sender, silentLog);
  const ports: Ports = {
    store,
    queue,
    outbox: outboxOver(store, queue),
    secrets: exampleVault,
    clock,
    http,
    log: silentLog,
    close: async () => undefined,
  };
  return {
    ports,
    outboxOver,
    cosmos: cosmos.emulator,
    bus,
    advance: async (ms: number) => {
      await cosmos.advance(ms);
      bus.tick();
    },
    close: async () => {
      await client.close();
      await bus.close();
      await cosmos.close();
    },
  };
}
