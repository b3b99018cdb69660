import { hash } from "node:crypto";
import { z } from "zod";
import type { Document, DocumentStore, Stored } from "../ports/document-store.ts";
import { canonicalJson } from "../signing/canonical-json.ts";
import type { Signature } from "../signing/signer.ts";
import type { KeyKind } from "../tenants/api-key.ts";

/** How a visitor decided; `revocation` only by revoking. */
export const consentMethods = ["banner", "preferences", "api", "gpc"] as const;
export type ConsentMethod = (typeof consentMethods)[number] | "revocation";

/** Who decided: an id that the tenant or we chose. Any characters but halves of surrogate pairs, which no UTF-8 has. */
export const visitorIdSchema = z
  .string()
  .min(1)
  .max(200)
  .refine((id) => id.isWellFormed(), "well-formed Unicode");

/** What the visitor's browser said by itself, in headers. */
export interface ConsentSignals {
  readonly do_not_track: boolean;
  readonly global_privacy_control: boolean;
}

/** One decision of a visitor: never changed, and chained to the one before. Times are ISO 8601 in UTC with milliseconds. */
export interface ConsentRecord {
  readonly record_id: string;
  readonly tenant_id: string;
  readonly visitor_id: string;
  /** 1, 2, 3, … */
  readonly sequence: number;
  /** Every category that the config's version offered; one that is absent was not asked for. `necessary` is always true. */
  readonly decisions: Readonly<Record<string, boolean>>;
  /** Categories that were revoked and not granted since, in alphabetical order. */
  readonly revoked: readonly string[];
  readonly config_id: string;
  readonly config_version: number;
  /** Of the texts that were shown. */
  readonly language: string;
  /** SHA-256 (hex) of the canonical JSON of the texts that were shown. */
  readonly text_hash: string;
  readonly method: ConsentMethod;
  /** Whose word its grants are: a server's (`secret` key), or that of anybody who reads a page's source. */
  readonly recorded_by: KeyKind;
  readonly signals: ConsentSignals;
  readonly decided_at: string;
  readonly expires_at: string;
  /** Not deleted before, and never before an older record of the chain. */
  readonly kept_until: string;
  /** `hash` of the record before; of the first one, SHA-256 of `tenant|visitor`. */
  readonly previous_hash: string;
  /** `kept_until` of the record before: from then on it may be missing. `null` in the first one. */
  readonly previous_kept_until: string | null;
  /** SHA-256 (hex) of the canonical JSON of everything above. */
  readonly hash: string;
}

/** A record as stored: its `id` is its number in the chain. The signature is that of its receipt. */
export interface ConsentDocument extends Document {
  readonly type: "record";
  readonly record: ConsentRecord;
  readonly signature: Signature;
}

/** The visitor's newest record once more, so that one point read finds it. */
export interface ConsentHead extends Document {
  readonly id: typeof headId;
  readonly type: "head";
  readonly record: ConsentRecord;
  readonly signature: Signature;
}

export const headId = "newest";

/** The partition of a visitor. The id is hashed: it may be longer, and of other characters, than a store is happy with. */
export const consentPartition = (tenantId: string, visitorId: string): string => `${tenantId}|${hash("sha256", visitorId, "hex")}`;

/** The id of a record's document; ids sort as the numbers do. */
export const recordDocumentId = (sequence: number): string => String(sequence).padStart(10, "0");

/** What the first record of a chain is chained to. */
export const chainStart = (tenantId: string, visitorId: string): string => hash("sha256", `${tenantId}|${visitorId}`, "hex");

/** The hash that a record should have. */
export function recordHash(record: Omit<ConsentRecord, "hash">): string {
  const { hash: _hash, ...hashed } = record as ConsentRecord;
  return hash("sha256", canonicalJson(hashed), "hex");
}

/** A day for clocks that differ: a store counts from its own. */
const ttlMarginSeconds = 86_400;

/** How long the store keeps a record's document, in seconds from its writing. */
export function recordTtl({ decided_at, kept_until }: ConsentRecord): number {
  return Math.ceil((Date.parse(kept_until) - Date.parse(decided_at)) / 1000) + ttlMarginSeconds;
}

/** The document that holds a visitor's newest record; one point read. */
export function readHead(store: Pick<DocumentStore, "get">, tenantId: string, visitorId: string): Promise<Stored<ConsentHead> | undefined> {
  return store.get<ConsentHead>("consent-records", consentPartition(tenantId, visitorId), headId);
}

/** A visitor's newest record, or `undefined` when there is none for this tenant; one point read. Throws when the store can't answer. */
export async function newestRecord(
  store: Pick<DocumentStore, "get">,
  tenantId: string,
  visitorId: string,
): Promise<ConsentRecord | undefined> {
  return (await readHead(store, tenantId, visitorId))?.document.record;
}
