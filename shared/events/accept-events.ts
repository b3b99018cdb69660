import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { type ProblemDocument, problemDocument } from "../problems/problem-document.ts";
import { invalid } from "../problems/validate.ts";
import { partitionOf, type TenantShards } from "../tenants/partition.ts";
import type { EventDocument } from "./event.ts";
import { idFromKey } from "./event-id.ts";
import type { HashVisitors } from "./hash-visitors.ts";
import { joinCallers } from "./join-callers.ts";
import { type Adjustment, type PreparedEvent, prepareEvent, type RequestFacts } from "./prepare-event.ts";
import { storeEvents } from "./store-events.ts";

/** Idempotency keys are remembered this long (spec 3.4); used again later, a key stands for a new event. */
const idempotencyMs = 7 * 86_400_000;

/** What became of one posted event. */
export interface AcceptedItem {
  readonly index: number;
  readonly id?: string;
  readonly status: "accepted" | "duplicate" | "rejected";
  readonly adjustments?: readonly Adjustment[];
  readonly problem?: ProblemDocument;
}

export interface AcceptResult {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly results: readonly AcceptedItem[];
}

/** An event of the request that has no answer yet. */
interface Pending {
  readonly index: number;
  readonly event: PreparedEvent;
}

/** The provider of a tenant's config, or `undefined` when the tenant has no config of this id. */
export type ProviderOfConfig = (tenantId: string, configId: string) => Promise<string | undefined>;

export type AcceptEvents = (tenant: TenantShards, items: readonly unknown[], facts: RequestFacts) => Promise<AcceptResult>;

/**
 * Takes posted events in: each is checked by itself, stored once, and on its way to the fan-out when this resolves. A bad
 * event is answered with its own problem and does not touch the others.
 */
export function acceptEvents(
  ports: Pick<Ports, "store" | "outbox" | "clock" | "telemetry">,
  providerOf: ProviderOfConfig,
  hashVisitors: HashVisitors,
): AcceptEvents {
  const store = joinCallers(storeEvents(ports));
  return async (tenant, items, facts) => {
    const now = ports.clock.now();
    const settled: AcceptedItem[] = [];
    let pending: Pending[] = [];
    for (let index = 0; index < items.length; index++) {
      try {
        pending.push({ index, event: prepareEvent(items[index], index, facts, now) });
      } catch (error) {
        settled[index] = rejected(index, error);
      }
    }
    if (pending.some(({ event }) => event.config_id !== undefined)) {
      pending = await refuseUnknownConfigs(providerOf, facts, pending, settled);
    }
    const hashed = await hashVisitors(
      tenant.id,
      pending.map(({ event }) => event),
    );
    pending = pending.map(({ index }, at) => ({ index, event: hashed[at]! }));
    while (pending.length > 0) {
      const stored = await store(
        tenant,
        pending.map(({ event }) => event),
      );
      const again: Pending[] = [];
      for (const [at, { index, event }] of pending.entries()) {
        const { id, outcome } = stored[at]!;
        const settlement =
          outcome === "created" ? accepted(index, id, event) : await settleConflict(ports, tenant, facts, index, event, now);
        if ("status" in settlement) {
          settled[index] = settlement;
        } else {
          again.push({ index, event: settlement });
        }
      }
      pending = again;
    }
    const result = summarise(settled);
    countEvents(ports.telemetry, result);
    return result;
  };
}

function accepted(index: number, id: string, { adjustments }: PreparedEvent): AcceptedItem {
  return { index, id, status: "accepted", ...(adjustments.length === 0 ? {} : { adjustments }) };
}

function rejected(index: number, error: unknown): AcceptedItem {
  if (error instanceof Problem) {
    return { index, status: "rejected", problem: problemDocument(error) };
  }
  throw error;
}

/** The id is taken: by the same event (duplicate), by another one (conflict), or so long ago that the key is free again. */
async function settleConflict(
  ports: Pick<Ports, "store">,
  tenant: TenantShards,
  facts: RequestFacts,
  index: number,
  event: PreparedEvent,
  now: number,
): Promise<AcceptedItem | PreparedEvent> {
  const { key, id, contentHash } = event.idempotency!;
  const existing = await ports.store.get<EventDocument>("events", partitionOf(tenant.id, tenant.event_shards, id), id);
  if (existing === undefined) {
    return event;
  }
  if (Date.parse(existing.document.received_at) <= now - idempotencyMs) {
    return { ...event, idempotency: { key, contentHash, id: nextId(facts.tenantId, key, id) } };
  }
  if (existing.document.content_hash === contentHash) {
    return { index, id, status: "duplicate" };
  }
  const base = facts.isBatch ? `/events/${index}` : "";
  const detail = "the key was used within 7 days for an event with other content";
  return rejected(index, new Problem("idempotency-conflict", detail, { extensions: { pointer: `${base}/idempotency_key` } }));
}

function nextId(tenantId: string, key: string, id: string): string {
  let generation = 0;
  while (idFromKey(tenantId, key, generation) !== id) {
    generation++;
  }
  return idFromKey(tenantId, key, generation + 1);
}

/** Settles the events that name a config which is not there; answers the others. */
async function refuseUnknownConfigs(
  providerOf: ProviderOfConfig,
  facts: RequestFacts,
  pending: readonly Pending[],
  settled: AcceptedItem[],
): Promise<Pending[]> {
  const named = new Set(pending.flatMap(({ event }) => event.config_id ?? []));
  const providers = new Map(await Promise.all([...named].map(async (id) => [id, await providerOf(facts.tenantId, id)] as const)));
  return pending.filter(({ index, event: { config_id: id } }) => {
    const provider = id === undefined ? undefined : providers.get(id);
    const isKnown = id === undefined || (provider !== undefined && (facts.provider === undefined || provider === facts.provider));
    if (!isKnown) {
      const pointer = `${facts.isBatch ? `/events/${index}` : ""}/config_id`;
      settled[index] = rejected(index, invalid("event-invalid", [{ pointer, detail: "no config of this provider has this id" }]));
    }
    return isKnown;
  });
}

function countEvents(telemetry: Ports["telemetry"], { accepted, duplicates, rejected }: AcceptResult): void {
  for (const [outcome, events] of Object.entries({ accepted, duplicate: duplicates, rejected })) {
    if (events > 0) {
      telemetry?.count("carreau_events_total", { outcome }, events);
    }
  }
}

function summarise(results: readonly AcceptedItem[]): AcceptResult {
  const counts = { accepted: 0, duplicate: 0, rejected: 0 };
  for (const { status } of results) {
    counts[status]++;
  }
  return { accepted: counts.accepted, duplicates: counts.duplicate, rejected: counts.rejected, results };
}
