import { expect } from "vitest";
import type { Correction } from "../../shared/delivery/correct-counters.ts";
import { type Delivery, deliveryId, stateOf } from "../../shared/delivery/delivery.ts";
import { reconcileBooks } from "../../shared/delivery/reconcile-books.ts";
import { newBatchId } from "../../shared/events/event-id.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { queryAll } from "../../shared/ports/query-all.ts";
import { createTenant } from "../../shared/tenants/manage-tenants.ts";
import type { Tenant } from "../../shared/tenants/tenant.ts";
import { addCounts, type Counts, count, hourOf, type Outcome } from "../../shared/usage/hour-counters.ts";
import { readUsage } from "../../shared/usage/read-usage.ts";

const hour = 3_600_000;
export type ReconcilerPorts = Pick<Ports, "store" | "clock" | "telemetry">;
export type Line = readonly [level: string, fields: Record<string, unknown>];

export const isoTime = (ms: number) => new Date(ms).toISOString();
/** A partition of the tenant. */
export const pkOf = (tenant: Tenant, shard: number) => `${tenant.id}|${shard}`;
/** A config's counters by hour, over all partitions. */
export const usageOf = async (open: ReconcilerPorts, tenant: Tenant, config = "one") =>
  (await readUsage(open)(tenant, config, { from: open.clock.now() - 20 * 24 * hour, to: open.clock.now() + 24 * hour })).hours;

/** A tenant of two partitions that has these configs. */
export async function newTenant(open: ReconcilerPorts, configs = ["one"]): Promise<Tenant> {
  const tenant = await createTenant(open, 2)({ name: "Club", tier: "standard" });
  for (const id of configs) {
    await open.store.create("configs", { id, pk: tenant.id });
  }
  return tenant;
}

/** Stores a delivery and counts it, as the fan-out does. */
export async function deliver(
  open: ReconcilerPorts,
  tenant: Tenant,
  shard: number,
  at: number,
  reached: readonly Outcome[],
  config = "one",
) {
  const [pk, batch_id] = [pkOf(tenant, shard), newBatchId(at)];
  const events = Object.fromEntries(
    reached.map((outcome, n) => [`${batch_id}-${n}`, { outcome, attempts: [], ...(outcome === "suppressed" ? { reason: "bot" } : {}) }]),
  );
  const delivery: Delivery = {
    id: deliveryId(batch_id, config),
    pk,
    type: "delivery",
    tenant_id: tenant.id,
    batch_id,
    config_id: config,
    provider: "acme",
    received_at: isoTime(at),
    state: stateOf(events),
    events,
    due_at: null,
    ttl: 1_000_000,
  };
  const by: Record<string, number> = { received: reached.length, bytes_sent: 10 };
  for (const { outcome, reason } of Object.values(events) as { outcome: Outcome; reason?: string }[]) {
    count(by, outcome, reason, 1);
  }
  const result = await open.store.batch("deliveries", pk, [
    { type: "create", document: delivery },
    addCounts(pk, config, hourOf(isoTime(at)), by, isoTime(at)),
  ]);
  expect(result.applied).toBe(true);
  return delivery;
}

/** Runs the reconciler once; what it logs, also into `lines`, which has it even when it dies. */
export const reconcile = async (open: ReconcilerPorts, lines: Line[] = []): Promise<Line[]> => {
  const line = (level: string) => (fields: object) => void lines.push([level, fields as Record<string, unknown>]);
  await reconcileBooks(open)({ info: line("info"), warn: line("warn"), error: line("error") });
  return lines;
};

/** Every correction on record. */
export async function correctionsOf(open: ReconcilerPorts, tenant: Tenant): Promise<Correction[]> {
  const found: Correction[] = [];
  for (const shard of [0, 1]) {
    const query = { where: [{ path: "type", op: "eq", value: "correction" }], orderBy: { path: "id", direction: "asc" } } as const;
    for await (const correction of queryAll<Correction>(open.store, "deliveries", pkOf(tenant, shard), query)) {
      found.push(correction);
    }
  }
  return found;
}

/** Adds to counters what no delivery accounts for. */
export const plant = (open: ReconcilerPorts, tenant: Tenant, shard: number, at: number, by: Counts, config = "one") =>
  open.store.batch("deliveries", pkOf(tenant, shard), [addCounts(pkOf(tenant, shard), config, hourOf(isoTime(at)), by)]);
