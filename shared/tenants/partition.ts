/**
 * The partition of a tenant's event or delivery batch: its shard follows from the id alone (the last 16 bits of a UUID, which
 * are random or a hash), so that whoever knows the id knows where to look.
 */
export function partitionOf(tenantId: string, shards: number, id: string): string {
  return `${tenantId}|${Number.parseInt(id.slice(-4), 16) % shards}`;
}

/** All partitions of a tenant. */
export function partitionsOf(tenantId: string, shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => `${tenantId}|${shard}`);
}
