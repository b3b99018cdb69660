/** What of a tenant says in which partitions its events are. */
export interface TenantShards {
  readonly id: string;
  readonly event_shards: number;
}

/**
 * The partition of a tenant's event or batch: its shard follows from the id alone (16 bits of a UUID that are random or a hash; the last 8
 * tell the events of a batch apart), so that whoever knows the id knows where to look.
 */
export function partitionOf(tenantId: string, shards: number, id: string): string {
  return `${tenantId}|${Number.parseInt(id.slice(-6, -2), 16) % shards}`;
}

/** All partitions of a tenant. */
export function partitionsOf(tenantId: string, shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => `${tenantId}|${shard}`);
}
