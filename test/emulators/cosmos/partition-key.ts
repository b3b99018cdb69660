import { badRequest } from "./cosmos-error.ts";
import { isArray, type Value, valueAt } from "./sql-values.ts";

/** One value for each path of the container's definition, or fewer: a prefix. Undefined for a value that a document lacks. */
export type PartitionKey = readonly Value[];

/** How the client writes a partition key: a JSON array, where `{}` stands for a missing value. */
export function readPartitionKey(text: string): PartitionKey {
  let value: Value;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest("The partition key is not JSON.");
  }
  return (isArray(value) ? value : [value]).map((part) => (typeof part === "object" && part !== null ? undefined : part));
}

export const partitionKeyOf = (document: Value, paths: readonly string[]): PartitionKey => paths.map((path) => valueAt(document, path));

/** A name for the logical partition. Objects and arrays count as missing. */
export function nameOfPartition(key: PartitionKey): string {
  return JSON.stringify(key.map((value) => (value === undefined || (typeof value === "object" && value !== null) ? {} : value)));
}

/**
 * Which of so many physical partitions a logical one lies in. Not the service's hash: which keys share one differs from Azure, and from
 * how the client distributes bulk operations.
 */
export function rangeIdOf(partition: string, count: number): string {
  let hash = 0;
  for (let n = 0; n < partition.length; n++) hash = (hash * 31 + partition.charCodeAt(n)) >>> 0;
  return String(hash % count);
}

/** The physical partitions, as the client reads them to know where to ask. */
export function listRanges(count: number): readonly object[] {
  return Array.from({ length: count }, (_, n) => ({
    id: String(n),
    _rid: `pkr${n}`,
    _self: `pkranges/${n}/`,
    _etag: '"0"',
    _ts: 1,
    minInclusive: boundary(n, count),
    maxExclusive: boundary(n + 1, count),
    ridPrefix: n,
    throughputFraction: 1 / count,
    status: "online",
    parents: [],
  }));
}

/** The hashes go from 00 up to 3F; the last range ends with FF all the same. */
function boundary(n: number, count: number): string {
  if (n === 0) return "";
  if (n === count) return "FF";
  return Math.floor((0x40 / count) * n)
    .toString(16)
    .toUpperCase()
    .padStart(2, "0")
    .padEnd(32, "0");
}
