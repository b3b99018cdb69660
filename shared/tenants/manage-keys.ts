import { v7 as uuid } from "uuid";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { hashKey, mintKey } from "./api-key.ts";
import type { CredentialFinder } from "./find-credential.ts";
import type { KeyCredential, KeyRecord, NewKey } from "./key.ts";
import { getTenant } from "./manage-tenants.ts";
import { siteKeyScopes } from "./principal.ts";

/** Makes a key for a tenant; the answer is the only place where the key itself ever stands. */
export const createKey =
  (ports: Pick<Ports, "store" | "clock">) =>
  async (tenantId: string, wanted: NewKey): Promise<{ record: KeyRecord; key: string }> => {
    const tenant = await getTenant(ports)(tenantId);
    const key = mintKey(wanted.kind, tenant.tier === "sandbox");
    const hash = hashKey(key);
    const facts = {
      tenant_id: tenantId,
      kind: wanted.kind,
      scopes: wanted.scopes ?? siteKeyScopes,
      allowed_domains: wanted.allowed_domains,
      cidr_allow: wanted.cidr_allow,
      created_at: new Date(ports.clock.now()).toISOString(),
    };
    const record: KeyRecord = { id: uuid(), pk: tenantId, hash, hint: key.slice(0, 12), ...facts };
    // The record first: a crash in between leaves a listed key that never works, not a working one that nobody can see.
    await ports.store.create("keys", record);
    const credential: KeyCredential = { id: hash, pk: hash, key_id: record.id, event_shards: tenant.event_shards, ...facts };
    await ports.store.create("keys", credential);
    return { record, key };
  };

/** A tenant's keys in the order of their making, after the one with the id `after`. */
export const listKeys =
  (ports: Pick<Ports, "store">) =>
  async (tenantId: string, limit: number, after: string | undefined): Promise<readonly KeyRecord[]> => {
    await getTenant(ports)(tenantId);
    const where = after === undefined ? [] : [{ path: "id", op: "gt" as const, value: after }];
    const page = await ports.store.query<KeyRecord>("keys", tenantId, { where, orderBy: { path: "id", direction: "asc" }, limit });
    return page.items.map(({ document }) => document);
  };

/** Revokes a key: the next request that shows it to this process is refused, to another one within a second. */
export const revokeKey =
  (ports: Pick<Ports, "store">, credentials: Pick<CredentialFinder, "forget">) =>
  async (tenantId: string, keyId: string): Promise<void> => {
    const stored = await ports.store.get<KeyRecord>("keys", tenantId, keyId);
    if (stored === undefined) {
      throw new Problem("not-found", "no key of this tenant has this id");
    }
    // The credential first: if we die in between, the key is dead and still listed, and revoking again finishes it.
    await ports.store.delete("keys", stored.document.hash, stored.document.hash);
    credentials.forget(stored.document.hash);
    await ports.store.delete("keys", tenantId, keyId);
  };
