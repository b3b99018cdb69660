import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openEmbedded } from "../../shared/adapters/embedded/open-embedded.ts";
import { queueSettings } from "../../shared/composition/queue-settings.ts";
import type { Delivery } from "../../shared/delivery/delivery.ts";
import { readEvents } from "../../shared/events/read-events.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { containers } from "../../shared/ports/containers.ts";
import type { DocumentStore } from "../../shared/ports/document-store.ts";
import { queryAll } from "../../shared/ports/query-all.ts";
import { partitionsOf } from "../../shared/tenants/partition.ts";
import { isBalanced, outcomes } from "../../shared/usage/hour-counters.ts";
import { readUsage, total } from "../../shared/usage/read-usage.ts";
import type { ChaosTenant } from "./chaos-tenants.ts";
import { silentLog } from "./embedded-store.ts";

/** The database file of a gateway in this folder. */
export const databaseIn = (folder: string): string => join(folder, "carreau.sqlite");

/** What is wrong with the file and with the messages in it, when all should be done. */
export function examineFile(folder: string): string[] {
  const db = new DatabaseSync(databaseIn(folder), { readOnly: true });
  const integrity = db.prepare("PRAGMA integrity_check").all();
  const dead = db.prepare("SELECT queue, reason FROM dead_messages").all();
  const waiting = Number(db.prepare("SELECT count(*) AS n FROM messages").get()!["n"]);
  db.close();
  return [
    ...integrity.filter((row) => row["integrity_check"] !== "ok").map((row) => `integrity: ${row["integrity_check"]}`),
    ...dead.map((row) => `the broker set a message aside: ${row["queue"]}, ${row["reason"]}`),
    ...(waiting > 0 ? [`${waiting} messages are left`] : []),
  ];
}

/** What a config's documents say of one event. */
export interface Settled {
  readonly label: string;
  readonly name: string;
  readonly eventId: string;
  readonly outcome: string;
  readonly attempts: number;
}

/** Every event at every config as the documents have it, and where counters and documents disagree. No gateway may have the file open. */
export async function readBooks(folder: string, tenants: readonly ChaosTenant[], clock: Clock) {
  const { store, close } = openEmbedded(folder, containers, queueSettings, clock, silentLog);
  const settled: Settled[] = [];
  const violations: string[] = [];
  for (const { id, configs } of tenants) {
    const tenant = { id, event_shards: 1 };
    const deliveries = await deliveriesOf(store, tenant);
    const ids = [...new Set(deliveries.flatMap(({ events }) => Object.keys(events)))];
    const events = await readEvents({ store }, tenant, ids);
    for (const [config, label] of configs) {
      const own = deliveries
        .filter(({ config_id }) => config_id === config)
        .flatMap(({ events: byId }) =>
          Object.entries(byId).map(([eventId, { outcome, attempts }]) => ({ eventId, outcome, attempts: attempts.length })),
        );
      settled.push(...own.map((one) => ({ ...one, label, name: events.get(one.eventId)?.event_name ?? "" })));
      const { hours } = await readUsage({ store, clock })(tenant, config, { from: clock.now() - 7 * 86_400_000 });
      violations.push(...[...hours].filter(([, counts]) => !isBalanced(counts)).map(([hour]) => `${label} does not balance in ${hour}`));
      const counted = total(hours.values());
      const recount = Map.groupBy(own, ({ outcome }) => outcome);
      for (const [name, found] of [
        ["received", own.length] as const,
        ...outcomes.map((one) => [one, recount.get(one)?.length ?? 0] as const),
      ]) {
        if ((counted[name] ?? 0) !== found) {
          violations.push(`${label}: ${counted[name] ?? 0} ${name} by the counters, ${found} by the documents`);
        }
      }
    }
  }
  await close();
  return { settled, violations };
}

async function deliveriesOf(store: DocumentStore, tenant: { id: string; event_shards: number }): Promise<Delivery[]> {
  const found: Delivery[] = [];
  for (const pk of partitionsOf(tenant.id, tenant.event_shards)) {
    const where = [{ path: "type", op: "eq", value: "delivery" }] as const;
    for await (const delivery of queryAll<Delivery>(store, "deliveries", pk, { where, orderBy: { path: "id", direction: "asc" } })) {
      found.push(delivery);
    }
  }
  return found;
}

/** How often each event arrived at each config, by `label name`; the provider wrote it down before it answered. */
export function readArrivals(file: string): Map<string, number> {
  const arrivals = new Map<string, number>();
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line !== "") {
      const key = (JSON.parse(line) as string[]).join(" ");
      arrivals.set(key, (arrivals.get(key) ?? 0) + 1);
    }
  }
  return arrivals;
}
