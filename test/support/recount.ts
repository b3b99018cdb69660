import { expect } from "vitest";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import type { Delivery } from "../../shared/delivery/delivery.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { queryAll } from "../../shared/ports/query-all.ts";
import { partitionsOf } from "../../shared/tenants/partition.ts";
import { isBalanced, outcomes } from "../../shared/usage/hour-counters.ts";
import { total } from "../../shared/usage/read-usage.ts";
import type { newTenantInProcess } from "./gateway-in-process.ts";

type Tenant = Awaited<ReturnType<typeof newTenantInProcess>>;

/** Every delivery document of the tenant. */
export async function deliveriesOf(ports: Ports, tenant: Tenant): Promise<Delivery[]> {
  const found: Delivery[] = [];
  for (const pk of partitionsOf(tenant.id, tenant.event_shards)) {
    const where = [{ path: "type", op: "eq", value: "delivery" }] as const;
    for await (const delivery of queryAll<Delivery>(ports.store, "deliveries", pk, { where, orderBy: { path: "id", direction: "asc" } })) {
      found.push(delivery);
    }
  }
  return found;
}

/** When the first of what the tenant still has to do is due, in milliseconds since the epoch; nothing when all is done. */
export async function nextDue({ store }: Ports, tenant: Tenant): Promise<number | undefined> {
  const query = { where: [{ path: "due_at", op: "gt", value: 0 }], orderBy: { path: "due_at", direction: "asc" }, limit: 1 } as const;
  const pages = await Promise.all(partitionsOf(tenant.id, tenant.event_shards).map((pk) => store.query<Delivery>("deliveries", pk, query)));
  const times = pages.flatMap(({ items }) => items.map(({ document }) => document.due_at!));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The counters of each config against a recount of its delivery documents. */
export async function expectBalanced(
  ports: Ports,
  use: UseCases,
  tenant: Tenant,
  ids: ReadonlySet<string>,
  isFinal: boolean,
): Promise<void> {
  const deliveries = await deliveriesOf(ports, tenant);
  for (const config of tenant.configs) {
    const { hours } = await use.readUsage(tenant, config, { from: ports.clock.now() - 40 * 86_400_000 });
    const counted = total(hours.values());
    expect([...hours.values()].every(isBalanced)).toBe(true);
    const recount: Record<string, number> = { received: 0 };
    const seen: string[] = [];
    for (const { events } of deliveries.filter(({ config_id }) => config_id === config)) {
      for (const [id, { outcome }] of Object.entries(events)) {
        seen.push(id);
        recount["received"]!++;
        recount[outcome] = (recount[outcome] ?? 0) + 1;
      }
    }
    expect(new Set(seen).size).toBe(seen.length);
    for (const name of ["received", ...outcomes]) {
      expect([name, counted[name] ?? 0]).toEqual([name, recount[name] ?? 0]);
    }
    if (isFinal) {
      expect(new Set(seen)).toEqual(ids);
      expect(recount["pending"] ?? 0).toBe(0);
    }
  }
}
