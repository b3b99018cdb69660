import { v7 as uuid } from "uuid";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { type NewTenant, type Tenant, tenantsPartition } from "./tenant.ts";

/**
 * Makes a tenant.
 * @param eventShards over how many partitions its events are spread
 */
export const createTenant =
  (ports: Pick<Ports, "store" | "clock">, eventShards: number) =>
  async ({ name, tier }: NewTenant): Promise<Tenant> => {
    const created_at = new Date(ports.clock.now()).toISOString();
    const tenant: Tenant = { id: uuid(), pk: tenantsPartition, name, tier, event_shards: eventShards, created_at };
    await ports.store.create("tenants", tenant);
    return tenant;
  };

/** One tenant, or `not-found`. */
export const getTenant =
  (ports: Pick<Ports, "store">) =>
  async (id: string): Promise<Tenant> => {
    const stored = await ports.store.get<Tenant>("tenants", tenantsPartition, id);
    if (stored === undefined) {
      throw new Problem("not-found", "no tenant has this id");
    }
    return stored.document;
  };

/** Tenants in the order of their making, after the one with the id `after`. */
export const listTenants =
  (ports: Pick<Ports, "store">) =>
  async (limit: number, after: string | undefined): Promise<readonly Tenant[]> => {
    const where = after === undefined ? [] : [{ path: "id", op: "gt" as const, value: after }];
    const page = await ports.store.query<Tenant>("tenants", tenantsPartition, { where, orderBy: { path: "id", direction: "asc" }, limit });
    return page.items.map(({ document }) => document);
  };
