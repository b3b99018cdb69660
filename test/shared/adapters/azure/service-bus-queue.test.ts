import { openServiceBusClient } from "../../../../shared/adapters/azure/service-bus-client.ts";
import { ServiceBusQueue } from "../../../../shared/adapters/azure/service-bus-queue.ts";
import { contractQueueSettings, contractQueues, queueContract } from "../../../contracts/queue.ts";
import { startServiceBusEmulator } from "../../../emulators/servicebus/servicebus-emulator.ts";

queueContract("Service Bus", async () => {
  let passed = 0;
  const now = () => Date.now() + passed;
  const queues = Object.fromEntries(contractQueues.map((name) => [name, contractQueueSettings]));
  const emulator = await startServiceBusEmulator({ queues, now });
  const client = openServiceBusClient(emulator);
  return {
    queue: new ServiceBusQueue(() => client, { now }),
    now,
    advance: async (ms) => {
      passed += ms;
      emulator.tick();
    },
    close: async () => {
      await client.close();
      await emulator.close();
    },
  };
});
