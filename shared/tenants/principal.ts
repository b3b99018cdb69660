/** What a credential may do (spec 1.3). */
export const scopes = [
  "analytics:read",
  "analytics:write",
  "events:write",
  "consent:write",
  "webhooks:write",
  "data:read",
  "data:integrity",
  "data:research",
  "api:read",
  "admin",
] as const;
export type Scope = (typeof scopes)[number];

/** What a site key may do, always: it stands in a page's source for everybody to read. */
export const siteKeyScopes: readonly Scope[] = ["events:write", "consent:write"];

/** Who sends a request to a tenant's resources. The tenant comes from the credential and from nowhere else. */
export interface TenantPrincipal {
  readonly kind: "secret" | "site";
  readonly tenant_id: string;
  readonly key_id: string;
  readonly scopes: readonly Scope[];
  /** Over how many partitions the tenant's events are spread; fixed when the tenant is made. */
  readonly event_shards: number;
}

export interface AdminPrincipal {
  readonly kind: "admin";
}

export type Principal = TenantPrincipal | AdminPrincipal;

/** Who may call a route: anybody, the operator, or a tenant's key with the scope (a site key only where `siteKey` says so). */
export type Access = "public" | "admin" | { readonly scope: Scope; readonly siteKey?: true };

/** What of a request tells who sends it. */
export interface CredentialClaim {
  readonly authorization: string | null;
  /** The `key` parameter, for `sendBeacon`, which has no headers. */
  readonly queryKey: string | null;
  readonly origin: string | null;
  readonly clientAddress: string | undefined;
}

/** The tenant of a principal, as what maps its ids to partitions. */
export const tenantOf = ({ tenant_id, event_shards }: TenantPrincipal) => ({ id: tenant_id, event_shards });
