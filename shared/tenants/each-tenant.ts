import type { Ports } from "../ports/ports.ts";
import { queryAll } from "../ports/query-all.ts";
import { type Tenant, tenantsPartition } from "./tenant.ts";

/** Enough that a store at the other end of a network is not waited for by one tenant after the other. */
const tenantsAtOnce = 16;
const byId = { where: [], orderBy: { path: "id", direction: "asc" } } as const;

/**
 * Runs `work` for every tenant, several at a time. Where it throws the others still have their turn; then the first error is thrown.
 */
export async function eachTenant({ store }: Pick<Ports, "store">, work: (tenant: Tenant) => Promise<void>): Promise<void> {
  const tenants = queryAll<Tenant>(store, "tenants", tenantsPartition, byId);
  const errors: unknown[] = [];
  const takeTurns = async (): Promise<void> => {
    for (let turn = await tenants.next(); turn.done !== true; turn = await tenants.next()) {
      await work(turn.value).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: tenantsAtOnce }, takeTurns));
  if (errors.length > 0) {
    throw errors[0];
  }
}
