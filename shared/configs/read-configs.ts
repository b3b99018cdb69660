import type { Stored } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import type { Config } from "./config.ts";
import { isDeliverable, type Status, statuses } from "./lifecycle.ts";

/** More active configs than this a tenant can't have; one query page. */
const activeConfigsMax = 1000;

/** One config of the tenant and provider, or `not-found`. */
export async function requireConfig(ports: Pick<Ports, "store">, tenantId: string, provider: string, id: string): Promise<Stored<Config>> {
  const stored = await ports.store.get<Config>("configs", tenantId, id);
  if (stored === undefined || stored.document.provider !== provider) {
    throw new Problem("not-found", "no config of this provider has this id");
  }
  return stored;
}

/** A tenant's configs of one provider in the order of their making, after the id `after`; without the decommissioned ones unless asked for. */
export const listConfigs =
  (ports: Pick<Ports, "store">) =>
  async (
    tenantId: string,
    provider: string,
    options: { limit: number; after?: string | undefined; status?: Status | undefined },
  ): Promise<Stored<Config>[]> => {
    const found: Stored<Config>[] = [];
    let after = options.after ?? "";
    for (;;) {
      const page = await ports.store.query<Config>("configs", tenantId, {
        where: [
          { path: "provider", op: "eq", value: provider },
          { path: "id", op: "gt", value: after },
        ],
        orderBy: { path: "id", direction: "asc" },
        limit: options.limit,
      });
      found.push(
        ...page.items.filter(({ document }) =>
          options.status === undefined ? document.status !== "decommissioned" : document.status === options.status,
        ),
      );
      const last = page.items.at(-1);
      if (found.length >= options.limit || page.continuation === undefined || last === undefined) {
        return found.slice(0, options.limit);
      }
      after = last.document.id;
    }
  };

/** All active configs of a tenant, of every provider. */
export const activeConfigs = (ports: Pick<Ports, "store">, tenantId: string): Promise<Config[]> => configsIn(ports, tenantId, ["active"]);

/** All configs of a tenant that are sent events, of every provider: also those with which something is wrong at the moment. */
export const deliverableConfigs = (ports: Pick<Ports, "store">, tenantId: string): Promise<Config[]> =>
  configsIn(ports, tenantId, statuses.filter(isDeliverable));

async function configsIn(ports: Pick<Ports, "store">, tenantId: string, wanted: readonly Status[]): Promise<Config[]> {
  const page = await ports.store.query<Config>("configs", tenantId, {
    where: [{ path: "status", op: "in", value: wanted }],
    orderBy: { path: "id", direction: "asc" },
    limit: activeConfigsMax,
  });
  return page.items.map(({ document }) => document);
}

/** The provider of a tenant's config, or `undefined` when the tenant has no config of this id. */
export const providerOfConfig =
  (ports: Pick<Ports, "store">) =>
  async (tenantId: string, configId: string): Promise<string | undefined> =>
    (await ports.store.get<Config>("configs", tenantId, configId))?.document.provider;
