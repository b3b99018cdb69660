import { timingSafeEqual } from "node:crypto";
import ipaddr from "ipaddr.js";
import { Problem } from "../problems/problem.ts";
import { hashKey, kindOfKey } from "./api-key.ts";
import { hostOf, isDomainAllowed } from "./domain.ts";
import type { CredentialFinder } from "./find-credential.ts";
import type { KeyCredential } from "./key.ts";
import type { Access, AdminPrincipal, CredentialClaim, Principal, TenantPrincipal } from "./principal.ts";

/**
 * Tells who sends a request and refuses who may not: 401 without a valid credential, 403 from a place or with a scope that
 * the credential does not have. The tenant is the credential's.
 */
export const authenticate =
  (credentials: CredentialFinder, adminKey: () => Promise<string>) =>
  async (claim: CredentialClaim, access: Exclude<Access, "public">): Promise<Principal> => {
    const key = credentialOf(claim);
    if (access === "admin") {
      return admin(key, await adminKey());
    }
    const kind = kindOfKey(key);
    const credential = kind === undefined ? undefined : await credentials.find(key);
    if (credential === undefined) {
      throw new Problem("credentials-invalid", "the key is mistyped, revoked or not from here");
    }
    if (credential.kind === "site") {
      requireOrigin(credential, claim.origin);
    } else {
      requireAddress(credential, claim.clientAddress);
    }
    if (!credential.scopes.includes(access.scope) || (credential.kind === "site" && access.siteKey !== true)) {
      throw new Problem("scope-missing", `this needs the scope ${access.scope}`, { extensions: { scope: access.scope } });
    }
    return principalOf(credential);
  };

function principalOf({ kind, tenant_id, key_id, scopes, event_shards }: KeyCredential): TenantPrincipal {
  return { kind, tenant_id, key_id, scopes, event_shards };
}

/** A secret key in a URL would end in logs and histories, so the query takes site keys only. */
function credentialOf({ authorization, queryKey }: CredentialClaim): string {
  if (authorization !== null) {
    const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization) ?? [];
    if (token === undefined) {
      throw new Problem("credentials-invalid", "the Authorization header is not of the form `Bearer …`");
    }
    return token;
  }
  if (queryKey === null) {
    throw new Problem("credentials-missing", "send `Authorization: Bearer …`");
  }
  if (kindOfKey(queryKey) !== "site") {
    throw new Problem("credentials-invalid", "only a site key may stand in the query");
  }
  return queryKey;
}

function admin(key: string, adminKey: string): AdminPrincipal {
  // Hashes are of one length, so that the comparison tells nothing.
  if (!timingSafeEqual(Buffer.from(hashKey(key)), Buffer.from(hashKey(adminKey)))) {
    throw new Problem("credentials-invalid", "this needs the admin key");
  }
  return { kind: "admin" };
}

function requireOrigin({ allowed_domains }: KeyCredential, origin: string | null): void {
  const host = origin === null ? undefined : hostOf(origin);
  if (host === undefined || !isDomainAllowed(host, allowed_domains)) {
    throw new Problem("origin-not-allowed", "a site key works only in pages of its allowed domains");
  }
}

function requireAddress({ cidr_allow }: KeyCredential, address: string | undefined): void {
  if (cidr_allow.length === 0) {
    return;
  }
  const parsed = address !== undefined && ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
  const allowed = cidr_allow.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range);
    return parsed !== undefined && parsed.kind() === network.kind() && parsed.match(network, bits);
  });
  if (!allowed) {
    throw new Problem("address-not-allowed", "the key's address ranges leave this address out");
  }
}
