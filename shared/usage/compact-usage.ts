import type { Config } from "../configs/config.ts";
import type { Stored } from "../ports/document-store.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { queryAll } from "../ports/query-all.ts";
import { eachTenant } from "../tenants/each-tenant.ts";
import { partitionsOf } from "../tenants/partition.ts";
import { addToDay, dayOf, firstDayOfHours } from "./day-counters.ts";
import { countersId, countsOf, type HourCounters } from "./hour-counters.ts";
import { total } from "./read-usage.ts";

const byId = { where: [], orderBy: { path: "id", direction: "asc" } } as const;
/** Of one config and partition in one run: a month's hours. What is left waits for the next run. */
const hoursMax = 31 * 24;

type CompactPorts = Pick<Ports, "store" | "clock">;

/**
 * Adds up the hours of days that are over long since, by config and partition, into one document per day. The sum is made and its hours are deleted in
 * one transaction that holds only while none of them has changed: whatever dies or runs at the same time, each event is counted once.
 */
export const compactUsage =
  (ports: CompactPorts) =>
  async (log: Log): Promise<void> => {
    let days = 0;
    await eachTenant(ports, async (tenant) => {
      for await (const config of queryAll<Config>(ports.store, "configs", tenant.id, byId)) {
        for (const pk of partitionsOf(tenant.id, tenant.event_shards)) {
          const compacted = await compactConfig(ports, pk, config.id);
          days += compacted;
        }
      }
    });
    if (days > 0) {
      log.info({ event: "usage_compacted", days });
    }
  };

async function compactConfig({ store, clock }: CompactPorts, pk: string, configId: string): Promise<number> {
  const prefix = countersId(configId, "");
  const found = await store.query<HourCounters>("deliveries", pk, {
    where: [
      { path: "type", op: "eq", value: "usage" },
      { path: "id", op: "gte", value: prefix },
      { path: "id", op: "lt", value: countersId(configId, firstDayOfHours(clock.now())) },
    ],
    orderBy: { path: "id", direction: "asc" },
    limit: hoursMax,
  });
  let compacted = 0;
  for (const [day, hours] of Map.groupBy(found.items, ({ document }) => dayOf(document.id.slice(prefix.length)))) {
    compacted += (await compactDay(store, pk, configId, day, hours)) ? 1 : 0;
  }
  return compacted;
}

/** Whether it was done; otherwise an hour has changed meanwhile, and the next run finds all of them again. */
async function compactDay(store: Ports["store"], pk: string, configId: string, day: string, hours: readonly Stored<HourCounters>[]) {
  const sum = total(hours.map(({ document }) => countsOf(document)));
  const lastEventAt = hours.map(({ document }) => document.last_event_at).findLast((time) => time !== undefined);
  const result = await store.batch("deliveries", pk, [
    addToDay(pk, configId, day, sum, lastEventAt),
    ...hours.map(({ document, etag }) => ({ type: "delete" as const, id: document.id, etag })),
  ]);
  return result.applied;
}
