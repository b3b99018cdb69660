import type { Ports } from "../ports/ports.ts";
import type { Config } from "./config.ts";
import { requireTransition, type Status, type StatusChange } from "./lifecycle.ts";

const historyMax = 100;
const triesMax = 5;
const gateway = "gateway";

/** `updated_at` of a config that its tenant changes now: always later than before, although instances' clocks differ. */
export const changedAt = ({ updated_at }: Config, now: number): string => new Date(Math.max(now, Date.parse(updated_at) + 1)).toISOString();

/** A config in another status, with the change in its history. Throws `transition-not-allowed`. */
export function moveTo(config: Config, to: Status, by: string, reason: string | undefined, now: number): Config {
  requireTransition(config.status, to, by);
  const at = new Date(now).toISOString();
  const change: StatusChange = {
    from: config.status,
    to,
    at,
    by,
    ...(reason === undefined ? {} : { reason }),
  };
  const { status_reason: _old, ...rest } = config;
  const moved: Config = {
    ...rest,
    status: to,
    ...(reason === undefined ? {} : { status_reason: reason }),
    status_history: [...config.status_history, change].slice(-historyMax),
    ...(by === gateway ? {} : { updated_at: changedAt(config, now) }),
  };
  // What is final needs no way to any secret any more.
  return to === "decommissioned" ? { ...withoutVerification(moved), credentials: {} } : moved;
}

/** What was verified says nothing any more. */
export function withoutVerification({ verification: _old, ...rest }: Config): Config {
  return rest;
}

/**
 * Moves a config by the gateway itself, if it still is as the gateway knows it: in the status it had, and not changed by its tenant since.
 * Otherwise nothing happens, and nothing is answered; whoever handles the next message sees what is so by then. `updated_at` stays: it is the tenant's.
 */
export async function moveByGateway(
  { store, clock }: Pick<Ports, "store" | "clock">,
  known: Config,
  to: "active" | "error",
  reason: string | undefined,
): Promise<Config | undefined> {
  for (let tries = 0; tries < triesMax; tries++) {
    const current = await store.get<Config>("configs", known.tenant_id, known.id);
    if (current === undefined || current.document.status !== known.status || current.document.updated_at !== known.updated_at) {
      return undefined;
    }
    const moved = moveTo(current.document, to, gateway, reason, clock.now());
    if (typeof (await store.replace("configs", moved, current.etag)) === "object") {
      return moved;
    }
  }
  return undefined;
}
