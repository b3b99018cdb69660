import { isDeepStrictEqual } from "node:util";
import type { Config } from "../configs/config.ts";
import type { Document } from "../ports/document-store.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { queryAll } from "../ports/query-all.ts";
import { eachTenant } from "../tenants/each-tenant.ts";
import { partitionsOf } from "../tenants/partition.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { booksOf, type Counts, configAndHourOf, countersId, countsOf, type HourCounters, hourOf } from "../usage/hour-counters.ts";
import { type Alarm, correctCounters } from "./correct-counters.ts";
import { recountHours } from "./recount-hours.ts";

const hourMs = 3_600_000;
/** Each hour is compared twice: soon after it is over, and when the retries of its events are over too (spec 5.5: about 27 h). */
const passes = { first: 1 * hourMs, final: 49 * hourMs } as const;
type Pass = keyof typeof passes;
/** Of one partition in one run and pass: what a pause has left behind is caught up with by and by. */
const hoursMax = 6;
/** What is older when it could first be compared is left as it is. */
const lookBackMs = 7 * 24 * hourMs;
const byId = { where: [], orderBy: { path: "id", direction: "asc" } } as const;

type ReconcilePorts = Pick<Ports, "store" | "clock" | "telemetry">;

/** How far a partition is compared: by pass, the first hour that is not (milliseconds since the epoch). */
interface Progress extends Document {
  readonly type: "reconciler";
  readonly next: Readonly<Partial<Record<Pass, number>>>;
}
const progressId = "reconciler";

interface Tally {
  hours: number;
  corrections: number;
  contended: number;
}

/**
 * Proves, by recounting the delivery documents, that the counters of every config and hour are right (spec 3.8), and repairs those that are not, each with a
 * recorded correction and an alarm. Safe to run twice at once, and to die anywhere: a repair happens once, it is announced once or, where it dies or two run
at that moment, twice, and an hour is done when that is noted.
 */
export const reconcileBooks =
  (ports: ReconcilePorts) =>
  async (log: Log): Promise<void> => {
    const tally: Tally = { hours: 0, corrections: 0, contended: 0 };
    await eachTenant(ports, async (tenant) => {
      const configIds: string[] = [];
      for await (const { id } of queryAll<Config>(ports.store, "configs", tenant.id, byId)) {
        configIds.push(id);
      }
      for (const pk of partitionsOf(tenant.id, tenant.event_shards)) {
        try {
          try {
            await comparePartition(ports, tenant, pk, configIds, tally);
          } finally {
            await announceCorrections(ports, log, tenant.id, pk);
          }
        } catch (error) {
          // Others have their turn; this one goes on where it was.
          log.error({ event: "reconcile_failed", tenant_id: tenant.id, partition: pk, error: (error as Error).message });
        }
      }
    });
    log.info({ event: "books_reconciled", ...tally });
  };

async function comparePartition(
  ports: ReconcilePorts,
  tenant: Tenant,
  pk: string,
  configIds: readonly string[],
  tally: Tally,
): Promise<void> {
  const now = ports.clock.now();
  const progress = (await ports.store.get<Progress>("deliveries", pk, progressId))?.document;
  const next: Partial<Record<Pass, number>> = { ...progress?.next };
  for (const [pass, afterMs] of Object.entries(passes) as [Pass, number][]) {
    const begin = Math.max(next[pass] ?? Date.parse(tenant.created_at), now - lookBackMs);
    const from = floorHour(begin);
    const to = Math.min(from + hoursMax * hourMs, floorHour(now - afterMs));
    if (from >= to) {
      continue;
    }
    next[pass] = await compareHours(ports, { pk, configIds, from, to }, tally);
  }
  if (!isDeepStrictEqual(next, progress?.next ?? {})) {
    const document: Progress = { id: progressId, pk, type: "reconciler", next };
    // Another run may note less at this moment: then some hours are compared once more.
    await ports.store.upsert("deliveries", document);
  }
}

interface Stretch {
  readonly pk: string;
  readonly configIds: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** Compares whole hours of a partition. Answers the first one that must be compared again: that after the last, unless one was contended. */
async function compareHours(ports: ReconcilePorts, stretch: Stretch, tally: Tally): Promise<number> {
  const { pk, from, to } = stretch;
  const recount = await recountHours(ports.store, pk, from, to);
  const counters = await countersOf(ports.store, stretch);
  let next = to;
  for (const id of new Set([...recount.keys(), ...counters.keys()])) {
    tally.hours++;
    if (isDeepStrictEqual(booksOf(recount.get(id) ?? {}), booksOf(counters.get(id) ?? {}))) {
      continue;
    }
    // Only a suspicion: an outcome may have changed between the two readings.
    const [configId, hour] = configAndHourOf(id);
    const finding = await correctCounters(ports, pk, configId, hour);
    if (finding === "contended") {
      tally.contended++;
      next = Math.min(next, Date.parse(`${hour}:00:00.000Z`));
    } else if (finding === "corrected") {
      tally.corrections++;
    }
  }
  return next;
}

/** Raises the alarm of every correction that has not had one: those of this run, and of one that died. */
async function announceCorrections({ store, telemetry }: ReconcilePorts, log: Log, tenant_id: string, pk: string): Promise<void> {
  const query = { where: [{ path: "type", op: "eq", value: "alarm" }], orderBy: { path: "id", direction: "asc" } } as const;
  for await (const { id, config_id, hour, before, after } of queryAll<Alarm>(store, "deliveries", pk, query)) {
    log.warn({ event: "books_corrected", tenant_id, config_id, hour, before, after });
    telemetry?.count("carreau_books_corrections_total", {}, 1);
    await store.delete("deliveries", pk, id);
  }
}

/** The counters of all configs of whole hours, by id. */
async function countersOf(store: Ports["store"], { pk, configIds, from, to }: Stretch): Promise<Map<string, Counts>> {
  const found = new Map<string, Counts>();
  for (const configId of configIds) {
    const where = [
      { path: "type", op: "eq", value: "usage" },
      { path: "id", op: "gte", value: countersId(configId, hourOf(new Date(from).toISOString())) },
      { path: "id", op: "lt", value: countersId(configId, hourOf(new Date(to).toISOString())) },
    ] as const;
    for await (const document of queryAll<HourCounters>(store, "deliveries", pk, { where, orderBy: { path: "id", direction: "asc" } })) {
      found.set(document.id, countsOf(document));
    }
  }
  return found;
}

const floorHour = (ms: number): number => Math.floor(ms / hourMs) * hourMs;
