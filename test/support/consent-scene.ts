import type { AppendRecord, Decide } from "../../shared/consent/append-record.ts";
import { appendRecord } from "../../shared/consent/append-record.ts";
import type { ConsentDocument, ConsentHead } from "../../shared/consent/consent-record.ts";
import { consentPartition, headId } from "../../shared/consent/consent-record.ts";
import { verifyChain } from "../../shared/consent/verify-chain.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { openSigner } from "../../shared/signing/signer.ts";
import { mintSigningKey } from "../../shared/signing/signing-keys.ts";
import { openTestStore } from "./embedded-store.ts";

const dayMs = 86_400_000;
const key = mintSigningKey();

/** What a visitor says: categories granted. */
export const granting =
  (decisions: Readonly<Record<string, boolean>>, days = 365): Decide =>
  (previous, now) => ({
    decisions: { necessary: true, ...decisions },
    revoked: (previous?.revoked ?? []).filter((category) => decisions[category] !== true),
    config_id: "config",
    config_version: 1,
    language: "en",
    text_hash: "0".repeat(64),
    method: "banner",
    recorded_by: "site",
    signals: { do_not_track: false, global_privacy_control: true },
    decided_at: new Date(now).toISOString(),
    expires_at: new Date(now + days * dayMs).toISOString(),
  });

/** Chains of consent records in a store of their own, written by as many processes as are asked for. */
export function openConsentScene() {
  const { store, clock, advance, now, close } = openTestStore();
  return { ...consentScene({ store, clock }), clock, advance, now, close };
}

/** The same over any store. */
export function consentScene(ports: Pick<Ports, "store" | "clock">) {
  const signer = openSigner(async () => key);
  const documentsOf = async (tenant: string, visitor: string) => {
    const where = [{ path: "type", op: "eq", value: "record" }] as const;
    const orderBy = { path: "id", direction: "asc" } as const;
    const { items } = await ports.store.query<ConsentDocument>("consent-records", consentPartition(tenant, visitor), {
      where,
      orderBy,
      limit: 1000,
    });
    return items.map(({ document }) => document);
  };
  return {
    ports,
    signer,
    newProcess: (): AppendRecord => appendRecord(ports, signer),
    verify: verifyChain(ports, signer),
    documentsOf,
    headOf: async (tenant: string, visitor: string) =>
      (await ports.store.get<ConsentHead>("consent-records", consentPartition(tenant, visitor), headId))!.document,
  };
}

export type ConsentScene = ReturnType<typeof openConsentScene>;
