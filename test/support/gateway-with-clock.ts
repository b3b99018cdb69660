import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { runGateway } from "../../functions/run-gateway.ts";
import { openEmbeddedPorts } from "../../shared/composition/open-embedded-ports.ts";
import { loadEmbeddedConfig } from "../../shared/config/embedded-config.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import type { Queue, ReceivedMessage } from "../../shared/ports/queue.ts";
import { partitionsOf } from "../../shared/tenants/partition.ts";
import { type Tenant, tenantsPartition } from "../../shared/tenants/tenant.ts";
import { MovingClock } from "./moving-clock.ts";

/**
 * The gateway of one machine as a process, under a clock that is as far ahead as the first argument says (milliseconds). The address that it
 * prints answers with the messages in work and when the next open batch or delivery is due; `/<milliseconds>` moves the clock on first.
 */
const clock = new MovingClock();
clock.jump(Number(process.argv[2] ?? 0));
const inWork = new Map<string, unknown>();
let ports: Ports | undefined;

/** Notes what is handed out and not yet settled. */
function watched(queue: Queue): Queue {
  const settling = ["complete", "abandon", "deadLetter"];
  return new Proxy(queue, {
    get: (target, name: keyof Queue) => {
      const method = (target[name] as (...args: unknown[]) => Promise<unknown>).bind(target);
      if (name === "receive") {
        return async (...args: unknown[]) => {
          const messages = (await method(...args)) as ReceivedMessage[];
          for (const { lockToken, body } of messages) {
            inWork.set(lockToken, body);
          }
          return messages;
        };
      }
      return !settling.includes(name)
        ? method
        : async (message: ReceivedMessage, ...others: unknown[]) => {
            const settlement = await method(message, ...others);
            inWork.delete(message.lockToken);
            return settlement;
          };
    },
  });
}

/** When the first of what is not settled is due (milliseconds since the epoch); null when everything is. */
async function nextDue({ store }: Ports): Promise<number | null> {
  const all = { where: [], orderBy: { path: "id", direction: "asc" }, limit: 100 } as const;
  const tenants = await store.query<Tenant>("tenants", tenantsPartition, all);
  const partitions = tenants.items.flatMap(({ document: { id, event_shards } }) => partitionsOf(id, event_shards));
  const open = await Promise.all(
    partitions.map((pk) =>
      store.query<{ id: string; pk: string; due_at: number }>("deliveries", pk, {
        where: [{ path: "due_at", op: "gte", value: 0 }],
        orderBy: { path: "due_at", direction: "asc" },
        limit: 1,
      }),
    ),
  );
  const times = open.flatMap(({ items }) => items.map(({ document }) => document.due_at));
  return times.length === 0 ? null : Math.min(...times);
}

const control = createServer(async ({ url = "/0" }, response) => {
  clock.jump(Number(url.slice(1)));
  const state = { in_work: [...inWork.values()], next_due: ports === undefined ? null : await nextDue(ports) };
  response.end(JSON.stringify(state));
});
await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
control.unref();
process.stdout.write(`clock on http://127.0.0.1:${(control.address() as AddressInfo).port}\n`);
runGateway({
  loadConfig: loadEmbeddedConfig,
  openPorts: async (config, log, options) => {
    const opened = await openEmbeddedPorts(config, log, { ...options, clock });
    ports = { ...opened, queue: watched(opened.queue) };
    return ports;
  },
  eventShards: 1,
});
