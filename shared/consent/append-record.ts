import { v7 as uuid } from "uuid";
import type { WriteOperation } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import type { Signer } from "../signing/signer.ts";
import {
  type ConsentDocument,
  type ConsentHead,
  type ConsentRecord,
  chainStart,
  consentPartition,
  headId,
  readHead,
  recordDocumentId,
  recordHash,
  recordTtl,
} from "./consent-record.ts";
import { type ReceiptedRecord, signReceipt, withReceipt } from "./receipt.ts";
import { takeTurns } from "./take-turns.ts";

/** What a record says of its own; the rest is its place in the chain. */
export type Decided = Omit<
  ConsentRecord,
  "record_id" | "tenant_id" | "visitor_id" | "sequence" | "kept_until" | "previous_hash" | "previous_kept_until" | "hash"
>;

/** Decides what to record after the newest record; asked again when somebody else recorded in between. `now`: milliseconds since the epoch. */
export type Decide = (previous: ConsentRecord | undefined, now: number) => Decided;

/** Adds a record to a visitor's chain. */
export type AppendRecord = (tenantId: string, visitorId: string, decide: Decide) => Promise<ReceiptedRecord>;

/** Records are kept for so long after they expire (spec 6.3). */
const keptYears = 3;
/** Within a process records of one visitor take turns, so this many other processes would have to win. */
const triesMax = 20;

/**
 * Adds records to chains. The record and the document that names the newest one change together and only if nobody else changed
 * them, so that a chain has no forks. Throws `conflict` when others keep winning.
 */
export function appendRecord(ports: Pick<Ports, "store" | "clock">, signer: Pick<Signer, "sign">): AppendRecord {
  const inTurn = takeTurns();
  return (tenantId, visitorId, decide) => {
    const pk = consentPartition(tenantId, visitorId);
    return inTurn(pk, async () => {
      for (let tries = 0; tries < triesMax; tries++) {
        const head = await readHead(ports.store, tenantId, visitorId);
        const previous = head?.document.record;
        const record = chained(tenantId, visitorId, previous, decide(previous, ports.clock.now()));
        const signature = await signReceipt(signer, record);
        const stored = { pk, ttl: recordTtl(record), record, signature };
        const document: ConsentDocument = { id: recordDocumentId(record.sequence), type: "record", ...stored };
        const next: ConsentHead = { id: headId, type: "head", ...stored };
        const moveHead: WriteOperation =
          head === undefined ? { type: "create", document: next } : { type: "replace", document: next, etag: head.etag };
        const { applied } = await ports.store.batch("consent-records", pk, [{ type: "create", document }, moveHead]);
        if (applied) {
          return withReceipt(document);
        }
      }
      throw new Problem("conflict", "others keep recording for this visitor; try again");
    });
  };
}

function chained(tenantId: string, visitorId: string, previous: ConsentRecord | undefined, decided: Decided): ConsentRecord {
  const record = {
    record_id: uuid(),
    tenant_id: tenantId,
    visitor_id: visitorId,
    sequence: (previous?.sequence ?? 0) + 1,
    ...decided,
    kept_until: keptUntil(decided, previous),
    previous_hash: previous?.hash ?? chainStart(tenantId, visitorId),
    previous_kept_until: previous?.kept_until ?? null,
  };
  return { ...record, hash: recordHash(record) };
}

/** Never before the record that it follows: chains lose records only at their beginning. */
function keptUntil({ decided_at, expires_at }: Decided, previous: ConsentRecord | undefined): string {
  const last = new Date(expires_at > decided_at ? expires_at : decided_at);
  last.setUTCFullYear(last.getUTCFullYear() + keptYears);
  const own = last.toISOString();
  return previous !== undefined && previous.kept_until > own ? previous.kept_until : own;
}
