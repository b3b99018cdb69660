import type { Signature, Signer } from "../signing/signer.ts";
import type { ConsentRecord } from "./consent-record.ts";

/** What the gateway states and signs about a record. */
export interface ConsentStatement {
  readonly type: "consent-receipt";
  readonly record_id: string;
  readonly tenant_id: string;
  readonly visitor_id: string;
  readonly sequence: number;
  readonly decisions: Readonly<Record<string, boolean>>;
  readonly revoked: readonly string[];
  readonly config_id: string;
  readonly config_version: number;
  readonly decided_at: string;
  readonly expires_at: string;
  /** The record's hash: it stands for everything else in the record, and for all records before it. */
  readonly hash: string;
}

/** The statement with its signature: whoever has the public keys can check it without us. */
export interface ConsentReceipt {
  readonly document: ConsentStatement;
  readonly signature: Signature;
}

/** A record as its tenant and visitor see it. */
export interface ReceiptedRecord {
  readonly record: ConsentRecord;
  readonly receipt: ConsentReceipt;
}

/** What is stated about a record. */
export function statementOf(record: ConsentRecord): ConsentStatement {
  const { record_id, tenant_id, visitor_id, sequence, decisions, revoked, config_id, config_version, decided_at, expires_at, hash } =
    record;
  return {
    type: "consent-receipt",
    record_id,
    tenant_id,
    visitor_id,
    sequence,
    decisions,
    revoked,
    config_id,
    config_version,
    decided_at,
    expires_at,
    hash,
  };
}

/** The signature of a record's receipt. */
export const signReceipt = (signer: Pick<Signer, "sign">, record: ConsentRecord): Promise<Signature> => signer.sign(statementOf(record));

/** A stored record with its receipt. */
export function withReceipt({ record, signature }: { readonly record: ConsentRecord; readonly signature: Signature }): ReceiptedRecord {
  return { record, receipt: { document: statementOf(record), signature } };
}
