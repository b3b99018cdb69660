import type { Condition, Query } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import type { Delivery } from "./delivery.ts";

/** A place in a partition's deliveries with dead letters. */
export interface DeadPosition {
  readonly dead_at: number;
  readonly id: string;
}

interface Walk {
  readonly direction: "asc" | "desc";
  readonly limit: number;
  readonly configId?: string | undefined;
  /** Only deliveries whose `dead_at` is later (milliseconds since the epoch). */
  readonly laterThan: number;
  /** Go on after this place. */
  readonly after?: DeadPosition | undefined;
}

/** A delivery may be large: of 50 events with all their attempts. */
const pageSize = 50;

/** A page may be short, or even empty, while others follow: documents change between the queries that it takes. */
export interface DeadPage {
  readonly deliveries: readonly Delivery[];
  /** Where the next page goes on; absent when there is none. */
  readonly next?: DeadPosition;
}

/** The next deliveries of one partition with dead letters, in the order of `dead_at` and id. */
export async function deadDeliveries(
  { store }: Pick<Ports, "store">,
  pk: string,
  { direction, limit, configId, laterThan, after }: Walk,
): Promise<DeadPage> {
  const ofConfig: Condition[] = configId === undefined ? [] : [{ path: "config_id", op: "eq", value: configId }];
  const find = async (where: readonly Condition[], path: "id" | "dead_at", max: number) => {
    const query: Query = { where: [...ofConfig, ...where], orderBy: { path, direction }, limit: max };
    return (await store.query<Delivery>("deliveries", pk, query)).items.map(({ document }) => document);
  };
  const beyond = direction === "asc" ? "gt" : "lt";
  const at = (dead_at: number): Condition => ({ path: "dead_at", op: "eq", value: dead_at });
  const restOfTime: Condition[] = after === undefined ? [] : [at(after.dead_at), { path: "id", op: beyond, value: after.id }];
  const first = after === undefined ? [] : await find(restOfTime, "id", limit);
  const room = limit - first.length;
  if (room === 0) {
    return { deliveries: first, next: { dead_at: after!.dead_at, id: first.at(-1)!.id } };
  }
  const where: Condition[] = [{ path: "dead_at", op: "gt", value: laterThan }];
  const onward: Condition[] = after === undefined ? [] : [{ path: "dead_at", op: beyond, value: after.dead_at }];
  const found = await find([...where, ...onward], "dead_at", room);
  if (found.length < room) {
    return { deliveries: [...first, ...found.sort(inOrder(direction))] };
  }
  // Not every store puts those of one time in order by their ids: who comes after the end of this page is asked by id.
  const last = found.at(-1)!.dead_at!;
  const before = found.filter(({ dead_at }) => dead_at !== last).sort(inOrder(direction));
  const rest = await find([at(last)], "id", room - before.length);
  const next = { dead_at: last, id: rest.at(-1)?.id ?? firstId[direction] };
  return { deliveries: [...first, ...before, ...rest], next };
}

/** All of them, page by page: a first one of `limit`, then larger ones, since who finds too little in it may need many. */
export async function* walkDeadDeliveries(ports: Pick<Ports, "store">, pk: string, walk: Walk): AsyncGenerator<Delivery> {
  let { limit, after } = walk;
  do {
    const { deliveries, next } = await deadDeliveries(ports, pk, { ...walk, limit, after });
    yield* deliveries;
    after = next;
    limit = Math.max(limit, pageSize);
  } while (after !== undefined);
}

/** Comes before every id; `~` follows all characters of ids. */
const firstId = { asc: "", desc: "~" } as const;

/** Compares deliveries with dead letters by their places. */
export const inOrder =
  (direction: "asc" | "desc") =>
  (one: Delivery, other: Delivery): number => {
    const difference = one.dead_at! - other.dead_at! || (one.id < other.id ? -1 : 1);
    return direction === "asc" ? difference : -difference;
  };
