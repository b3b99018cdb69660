import type { Condition } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { type ConsentDocument, consentPartition, readHead, recordDocumentId } from "./consent-record.ts";
import { type ReceiptedRecord, withReceipt } from "./receipt.ts";

/** What a caller hears about a visitor of whom this tenant has no record. */
export const noRecords = (): Problem => new Problem("not-found", "no decision of this visitor is recorded");

/** A visitor's newest record, or `not-found`. */
export const readConsent =
  (ports: Pick<Ports, "store">) =>
  async (tenantId: string, visitorId: string): Promise<ReceiptedRecord> => {
    const head = await readHead(ports.store, tenantId, visitorId);
    if (head === undefined) {
      throw noRecords();
    }
    return withReceipt(head.document);
  };

/** A visitor's records, newest first, of those before number `before`; `not-found` when there is none at all. */
export const listConsent =
  (ports: Pick<Ports, "store">) =>
  async (tenantId: string, visitorId: string, limit: number, before: number | undefined): Promise<readonly ReceiptedRecord[]> => {
    const where: Condition[] = [{ path: "type", op: "eq", value: "record" }];
    if (before !== undefined) {
      where.push({ path: "id", op: "lt", value: recordDocumentId(before) });
    }
    const orderBy = { path: "id", direction: "desc" } as const;
    const { items } = await ports.store.query<ConsentDocument>("consent-records", consentPartition(tenantId, visitorId), {
      where,
      orderBy,
      limit,
    });
    if (items.length === 0 && (await readHead(ports.store, tenantId, visitorId)) === undefined) {
      throw noRecords();
    }
    return items.map(({ document }) => withReceipt(document));
  };
