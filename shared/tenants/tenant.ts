import { z } from "zod";

export const tiers = ["free", "standard", "premium", "sandbox"] as const;

/** What an operator says to make a tenant. */
export const newTenant = z.strictObject({
  name: z.string().trim().min(1).max(200),
  tier: z.enum(tiers).default("standard"),
});
export type NewTenant = z.infer<typeof newTenant>;

/** A tenant as stored. All tenants share one partition: there are few, and only operators list them. */
export interface Tenant extends NewTenant {
  readonly id: string;
  readonly pk: string;
  /** Over how many partitions its events and deliveries are spread; never changes, since ids map to partitions by it. */
  readonly event_shards: number;
  readonly created_at: string;
}

export const tenantsPartition = "tenants";
