import type { EventBatch } from "../events/batch.ts";
import { eventsQueue } from "../events/events-message.ts";
import type { Ports } from "../ports/ports.ts";
import { eachTenant } from "../tenants/each-tenant.ts";
import { partitionsOf } from "../tenants/partition.ts";
import { tenantsPartition } from "../tenants/tenant.ts";
import type { Delivery } from "./delivery.ts";

/** The answer holds this long: probes come often, and everybody may ask. */
const keptMs = 10_000;
/** A name that nobody has: the vault is asked, no secret is read. */
const probedSecret = "readiness-probe";

type ReadinessPorts = Pick<Ports, "store" | "queue" | "secrets" | "clock">;

/** Whether each dependency answers, and how long the event that waits longest has been overdue. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<"store" | "queue" | "vault", "ok" | "unavailable">>;
  /** Seconds since the time at which the oldest undelivered event should have been tried; 0 when nothing is overdue. */
  readonly oldest_undelivered_seconds: number | null;
}

/** Asks every dependency; one question at a time, whose answer is kept for ten seconds. */
export const checkReadiness = (ports: ReadinessPorts): (() => Promise<Readiness>) => {
  let last: { readonly at: number; readonly answer: Promise<Readiness> } | undefined;
  return () => {
    const now = ports.clock.now();
    if (last === undefined || now - last.at >= keptMs) {
      last = { at: now, answer: askAll(ports, now) };
    }
    return last.answer;
  };
};

async function askAll(ports: ReadinessPorts, now: number): Promise<Readiness> {
  const [store, queue, vault] = await Promise.all([
    check(ports.store.get("tenants", tenantsPartition, "readiness-probe")),
    check(ports.queue.peekDeadLetters(eventsQueue, 1)),
    check(ports.secrets.getOwn(probedSecret)),
  ]);
  const oldest = store === "ok" ? await oldestOverdueMs(ports, now).catch(() => undefined) : undefined;
  return {
    ready: store === "ok" && queue === "ok" && vault === "ok",
    checks: { store, queue, vault },
    oldest_undelivered_seconds: oldest === undefined ? null : Math.round(oldest / 1000),
  };
}

async function check(question: Promise<unknown>): Promise<"ok" | "unavailable"> {
  try {
    await question;
    return "ok";
  } catch {
    return "unavailable";
  }
}

async function oldestOverdueMs({ store }: ReadinessPorts, now: number): Promise<number> {
  let oldest = now;
  await eachTenant({ store }, async (tenant) => {
    for (const pk of partitionsOf(tenant.id, tenant.event_shards)) {
      const first = await store.query<EventBatch | Delivery>("deliveries", pk, {
        where: [{ path: "due_at", op: "lt", value: oldest }],
        orderBy: { path: "due_at", direction: "asc" },
        limit: 1,
      });
      oldest = Math.min(oldest, first.items[0]?.document.due_at ?? oldest);
    }
  });
  return now - oldest;
}
