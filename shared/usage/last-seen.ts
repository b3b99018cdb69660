import type { WriteOperation } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { queryAll } from "../ports/query-all.ts";
import { partitionsOf, type TenantShards } from "../tenants/partition.ts";
import type { DayCounters } from "./day-counters.ts";
import { dayCountersId } from "./day-counters.ts";
import { countersId, type HourCounters, type Outcome } from "./hour-counters.ts";

/** Why an event was not delivered, or not yet: what the newest attempt that failed brought. Of the provider's answer only the status. */
export interface LastError {
  readonly at: string;
  /** `pending` when it is tried again. */
  readonly outcome: Outcome;
  readonly reason: string;
  readonly status?: number;
  readonly failure?: string;
}

/** A config's newest error in one partition; it outlives the hours that it was counted in. */
interface ConfigErrors {
  readonly id: string;
  readonly pk: string;
  readonly type: "usage_errors";
  readonly last_error?: LastError;
}

/** The first counters read nearly always have what is looked for. */
const pageSize = 24;

const errorsId = (configId: string): string => `usage-errors:${configId}`;

/** The operation that notes an error, for the transaction that records it. */
export function noteError(pk: string, configId: string, error: LastError): WriteOperation {
  const initial: ConfigErrors = { id: errorsId(configId), pk, type: "usage_errors" };
  return { type: "increment", initial, by: {}, set: { last_error: error } };
}

/** When a config's last event was received, and what went wrong last; `null` where nothing has. */
export interface LastSeen {
  readonly last_event_at: string | null;
  readonly last_error: LastError | null;
}

/** Reads both, over all partitions, however long ago it was. */
export const readLastSeen =
  ({ store }: Pick<Ports, "store">) =>
  async (tenant: TenantShards, configId: string): Promise<LastSeen> => {
    const partitions = partitionsOf(tenant.id, tenant.event_shards);
    const times = await Promise.all(partitions.map((pk) => lastEventAt(store, pk, configId)));
    const noted = await Promise.all(partitions.map((pk) => store.get<ConfigErrors>("deliveries", pk, errorsId(configId))));
    const errors = noted.flatMap((stored) => stored?.document.last_error ?? []);
    return {
      last_event_at:
        times
          .flatMap((time) => time ?? [])
          .sort()
          .at(-1) ?? null,
      last_error: errors.sort((a, b) => (a.at < b.at ? -1 : 1)).at(-1) ?? null,
    };
  };

/** Of the newest hour or, when there is none any more, the newest day. */
async function lastEventAt(store: Ports["store"], pk: string, configId: string): Promise<string | undefined> {
  const ofHour = await newest<HourCounters>(store, pk, "usage", countersId(configId, ""));
  return ofHour ?? newest<DayCounters>(store, pk, "usage_day", dayCountersId(configId, ""));
}

async function newest<D extends HourCounters | DayCounters>(store: Ports["store"], pk: string, type: D["type"], before: string) {
  const query = {
    where: [
      { path: "type", op: "eq", value: type },
      { path: "id", op: "gte", value: before },
      // Times begin with a digit, and `:` follows the digits.
      { path: "id", op: "lt", value: `${before}:` },
    ],
    orderBy: { path: "id", direction: "desc" },
  } as const;
  // Of hours that only a replay or a late outcome made there may be many; all of them are as many as are kept.
  for await (const { last_event_at } of queryAll<D>(store, "deliveries", pk, query, pageSize)) {
    if (last_event_at !== undefined) {
      return last_event_at;
    }
  }
  return undefined;
}
