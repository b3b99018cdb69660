import type { Ports } from "../ports/ports.ts";
import { queryAll } from "../ports/query-all.ts";
import { canonicalJson } from "../signing/canonical-json.ts";
import { type Signer, verifySignature } from "../signing/signer.ts";
import type { PublicKey } from "../signing/signing-keys.ts";
import {
  type ConsentDocument,
  type ConsentHead,
  chainStart,
  consentPartition,
  readHead,
  recordDocumentId,
  recordTtl,
} from "./consent-record.ts";
import { noRecords } from "./read-records.ts";
import { isUnaltered } from "./readable-record.ts";
import { statementOf } from "./receipt.ts";

/**
 * What is wrong with a chain: a record was changed (`altered`), stands in another's place or another visitor's chain (`misplaced`), does
 * not follow the one before (`unchained`), is not signed by us (`unsigned`), or is gone (`missing`); or the document that names the
 * newest record names another one (`newest_differs`).
 */
export type ChainBreak = "altered" | "misplaced" | "unchained" | "unsigned" | "missing" | "newest_differs";

export interface ChainVerdict {
  readonly valid: boolean;
  /** How many are there. */
  readonly records: number;
  /** The number of the first record that is wrong or missing. */
  readonly broken_at?: number;
  readonly reason?: ChainBreak;
}

interface Broken {
  readonly broken_at: number;
  readonly reason: ChainBreak;
}

/** Records may be added while a chain is read; then it is read again. */
const triesMax = 5;

/** Walks a visitor's chain from its beginning; `not-found` when nothing of it is there. */
export const verifyChain =
  (ports: Pick<Ports, "store" | "clock">, signer: Pick<Signer, "publicKeys">) =>
  async (tenantId: string, visitorId: string): Promise<ChainVerdict> => {
    const keys = await signer.publicKeys();
    const now = new Date(ports.clock.now()).toISOString();
    const { head, documents } = await readChain(ports, tenantId, visitorId);
    if (head === undefined && documents.length === 0) {
      throw noRecords();
    }
    const broken = brokenRecord(documents, { tenantId, visitorId, keys, now }) ?? brokenEnd(documents, head);
    return { valid: broken === undefined, records: documents.length, ...broken };
  };

/** The records, and the document that names the newest as it was before and after they were read. */
async function readChain({ store }: Pick<Ports, "store">, tenantId: string, visitorId: string) {
  const query = { where: [{ path: "type", op: "eq", value: "record" }], orderBy: { path: "id", direction: "asc" } } as const;
  for (let tries = 1; ; tries++) {
    const before = await readHead(store, tenantId, visitorId);
    const documents: ConsentDocument[] = [];
    for await (const document of queryAll<ConsentDocument>(store, "consent-records", consentPartition(tenantId, visitorId), query)) {
      documents.push(document);
    }
    const after = await readHead(store, tenantId, visitorId);
    if (before?.etag === after?.etag || tries === triesMax) {
      return { head: after?.document, documents };
    }
  }
}

interface Expected {
  readonly tenantId: string;
  readonly visitorId: string;
  readonly keys: readonly PublicKey[];
  readonly now: string;
}

function brokenRecord(documents: readonly ConsentDocument[], expected: Expected): Broken | undefined {
  for (const [at, document] of documents.entries()) {
    const previous = documents[at - 1];
    const place = Number(document.id);
    const due = previous === undefined ? firstPlace(document, expected.now) : Number(previous.id) + 1;
    if (place !== due) {
      return { broken_at: due, reason: "missing" };
    }
    const reason = faultOf(document, previous, expected);
    if (reason !== undefined) {
      return { broken_at: place, reason };
    }
  }
  return undefined;
}

/** Where a chain begins: at 1, or at any record whose predecessors were to be deleted by now. */
function firstPlace(document: ConsentDocument, now: string): number {
  const { id, record } = document;
  const mayFollowNothing = isUnaltered(document) && record.previous_kept_until !== null && record.previous_kept_until <= now;
  return mayFollowNothing ? Number(id) : 1;
}

function faultOf(
  document: ConsentDocument,
  previous: ConsentDocument | undefined,
  { tenantId, visitorId, keys }: Expected,
): ChainBreak | undefined {
  const { record, signature, ttl, id } = document;
  if (!isUnaltered(document) || ttl !== recordTtl(record)) {
    return "altered";
  }
  if (id !== recordDocumentId(record.sequence) || record.tenant_id !== tenantId || record.visitor_id !== visitorId) {
    return "misplaced";
  }
  const before = previous?.record.hash ?? (record.sequence === 1 ? chainStart(tenantId, visitorId) : record.previous_hash);
  if (record.previous_hash !== before) {
    return "unchained";
  }
  return verifySignature(statementOf(record), signature, keys) ? undefined : "unsigned";
}

/** The newest record can be missed only by whoever knows that there was one. */
function brokenEnd(documents: readonly ConsentDocument[], head: ConsentHead | undefined): Broken | undefined {
  const last = documents.at(-1);
  const lastPlace = Number(last?.id ?? 0);
  if (head !== undefined && head.record?.sequence > lastPlace) {
    return { broken_at: lastPlace + 1, reason: "missing" };
  }
  const isSame = last !== undefined && head !== undefined && canonicalJson(newest(head)) === canonicalJson(newest(last));
  return isSame ? undefined : { broken_at: lastPlace, reason: "newest_differs" };
}

const newest = ({ record, signature, ttl }: ConsentDocument | ConsentHead) => ({ record, signature, ttl });
