import type { OutgoingMessage } from "../shared/ports/queue.ts";
import { openAzureTestPorts } from "../test/support/azure-ports.ts";
import {
  answering,
  batchOf,
  newTenantInProcess,
  runQueuesOnce,
  status,
  useCasesOf,
  yesOfAnyProvider,
} from "../test/support/gateway-in-process.ts";
import { pageView } from "./load.ts";
import { meteredStore } from "./metered-store.ts";
import type { Figure } from "./table.ts";

/** US list prices in dollars per million (Cosmos DB serverless; Service Bus Standard above the base; Flex executions). */
const perMillion = { requestUnits: 0.25, busOperations: 0.8, executions: 0.4 };
const stepBytes = 65_536;
const requests = 20;

/** Sent, received and completed, each counted per 64 KB. */
const busOperations = ({ body }: OutgoingMessage): number => 3 * Math.ceil(Buffer.byteLength(JSON.stringify(body)) / stepBytes);

/**
 * What a million events cost on Azure by the operations that the gateway makes for them, counted on the test servers and priced by the
 * formula of request-units.ts. Without compute, storage and telemetry, which depend on traffic and retention.
 */
export async function measureCost(report: (figure: Figure) => void): Promise<void> {
  for (const destinations of [1, 2, 4]) {
    for (const size of [1, 10, 50]) {
      const { dollars, perEvent, largest } = await costOf(size, destinations);
      const isGoal = size === 50 && destinations === 4;
      const { requestUnits, operations, executions } = perEvent;
      const what = `cost: ${size} per request, ${destinations} configs (${requestUnits.toFixed(1)} RU, ${operations.toFixed(2)} bus operations, ${executions.toFixed(2)} executions per event; most: ${largest})`;
      report({ what, value: dollars, unit: "$ per million", ...(isGoal ? { goal: { most: 2 } } : {}) });
    }
  }
}

async function costOf(size: number, destinations: number) {
  const open = await openAzureTestPorts(answering(() => status(202, yesOfAnyProvider)));
  const tenant = await newTenantInProcess(useCasesOf(open.ports), destinations);
  const { store, units } = meteredStore(open.ports.store);
  let operations = 0;
  let executions = 0;
  const queue = Object.assign(Object.create(open.ports.queue), {
    send: (messages: readonly OutgoingMessage[]) => {
      operations += messages.reduce((sum, message) => sum + busOperations(message), 0);
      return open.ports.queue.send(messages);
    },
  });
  const use = useCasesOf({ ...open.ports, store, queue, outbox: open.outboxOver(store, queue) });
  for (let request = 0; request < requests; request++) {
    const items = Array.from({ length: size }, (_, index) => pageView(request * size + index));
    await use.acceptEvents(tenant, items, batchOf(tenant.id));
    executions++;
  }
  for (let handled = await runQueuesOnce(open.ports, use); handled > 0; handled = await runQueuesOnce(open.ports, use)) {
    executions += handled;
  }
  await open.close();
  const events = requests * size;
  const requestUnits = [...units.values()].reduce((sum, one) => sum + one, 0);
  const dollars =
    (requestUnits * perMillion.requestUnits + operations * perMillion.busOperations + executions * perMillion.executions) / events;
  const [[largest]] = [...units].sort(([, a], [, b]) => b - a) as [[string, number]];
  return {
    dollars,
    perEvent: { requestUnits: requestUnits / events, operations: operations / events, executions: executions / events },
    largest,
  };
}
