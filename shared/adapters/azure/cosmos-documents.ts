import type { PatchOperation } from "@azure/cosmos";
import type { Changes, Document, Stored, WriteFailure } from "../../ports/document-store.ts";

/** Fields that Cosmos DB adds to what it stores. */
interface SystemFields {
  readonly _rid?: unknown;
  readonly _self?: unknown;
  readonly _etag?: unknown;
  readonly _attachments?: unknown;
  readonly _ts?: unknown;
}

/** A patch has at most ten operations ("Azure Cosmos DB service quotas"). */
const patchOperationsMax = 10;

/** A stored resource as our document and its tag. */
export function asStored<D extends Document>(resource: D & SystemFields): Stored<D> {
  const { _rid, _self, _etag, _attachments, _ts, ...document } = resource;
  return { document: document as unknown as D, etag: asTag(_etag) };
}

/** Cosmos DB writes its tags in quotes, as HTTP does; ours have none. */
export const asTag = (etag: unknown): string => String(etag).replace(/^"(.*)"$/, "$1");

/** Our tag as Cosmos DB compares it. */
export const asCosmosTag = (etag: string): string => `"${etag}"`;

/** Whether a document can have this id ("Azure Cosmos DB service quotas"); the client refuses to even ask for another. */
export function isPossibleId(id: string): boolean {
  return id !== "" && id === id.trim() && !/[/\\?#]/.test(id) && Buffer.byteLength(id) <= 1023;
}

/** What a refused write means to us; any other status is an error. */
export function asFailure(status: number | undefined): WriteFailure | undefined {
  return status === 409 ? "conflict" : status === 412 ? "precondition-failed" : status === 404 ? "not-found" : undefined;
}

/** The same fields with the same values, in any order. */
export function isSameDocument(one: Document, other: Document): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/**
 * The operations of a patch; `undefined` when it can't be one: removing a field that isn't there is refused, and there is a limit. Then the
 * document is read and replaced.
 */
export function patchOperations({ set = {}, increment = {} }: Changes): PatchOperation[] | undefined {
  const sets = Object.entries(set);
  if (sets.some(([, value]) => value === undefined) || sets.length + Object.keys(increment).length > patchOperationsMax) {
    return undefined;
  }
  return [
    ...sets.map(([name, value]) => ({ op: "set" as const, path: pathOf(name), value })),
    ...Object.entries(increment).map(([name, value]) => ({ op: "incr" as const, path: pathOf(name), value })),
  ];
}

/** Changes in as many patches as it takes. */
export function splitChanges({ set = {}, increment = {} }: Changes): Changes[] {
  const changes: Changes[] = [
    ...Object.entries(set).map(([name, value]) => ({ set: { [name]: value } })),
    ...Object.entries(increment).map(([name, by]) => ({ increment: { [name]: by } })),
  ];
  const patches: Changes[] = [];
  for (let at = 0; at < changes.length; at += patchOperationsMax) {
    const part = changes.slice(at, at + patchOperationsMax);
    patches.push({
      set: Object.assign({}, ...part.map((change) => change.set)),
      increment: Object.assign({}, ...part.map((change) => change.increment)),
    });
  }
  return patches;
}

const pathOf = (name: string): string => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
