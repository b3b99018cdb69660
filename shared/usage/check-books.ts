import type { Config } from "../configs/config.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { queryAll } from "../ports/query-all.ts";
import { eachTenant } from "../tenants/each-tenant.ts";
import { isBalanced } from "./hour-counters.ts";
import { readUsage } from "./read-usage.ts";

const lookBackMs = 3 * 3_600_000;
const byId = { where: [], orderBy: { path: "id", direction: "asc" } } as const;

/** Checks for every config that its counters of the last hours balance (received = Σ outcomes), and raises an alarm line where not. */
export const checkBooks =
  (ports: Pick<Ports, "store" | "clock" | "telemetry">) =>
  async (log: Log): Promise<void> => {
    const now = ports.clock.now();
    let checked = 0;
    let unbalanced = 0;
    await eachTenant(ports, async (tenant) => {
      for await (const config of queryAll<Config>(ports.store, "configs", tenant.id, byId)) {
        const { hours } = await readUsage(ports)(tenant, config.id, { from: now - lookBackMs, to: now });
        for (const [hour, counts] of hours) {
          checked++;
          if (!isBalanced(counts)) {
            unbalanced++;
            log.error({ event: "books_unbalanced", tenant_id: tenant.id, config_id: config.id, hour, counts });
          }
        }
      }
    });
    ports.telemetry?.count("carreau_books_checked_total", {}, checked);
    ports.telemetry?.count("carreau_books_unbalanced_total", {}, unbalanced);
    log.info({ event: "books_checked", counters: checked });
  };
