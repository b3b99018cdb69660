import type { Answer } from "./answer.ts";
import type { Container } from "./containers.ts";
import { badRequest, CosmosError, conflict, notFound, preconditionFailed, tooLarge, wrongPartitionKey } from "./cosmos-error.ts";
import type { Entry } from "./documents.ts";
import { nameOfPartition, type PartitionKey, partitionKeyOf } from "./partition-key.ts";
import { applyPatch, readPatch } from "./patch.ts";
import { prepareQuery } from "./prepared-query.ts";
import { chargeOf } from "./request-charge.ts";
import { isObject, type JsonObject, type Value } from "./sql-values.ts";
import { isTtl } from "./ttl.ts";

/** An operation on one item, alone or in a batch. */
export interface ItemOperation {
  readonly type: string;
  readonly id?: string | undefined;
  readonly partitionKey?: PartitionKey | undefined;
  readonly body?: Value;
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** What an operation gave, and how to take it back. */
export interface Effect {
  readonly answer: Answer & { readonly charge: number };
  undo(): void;
}

/** The service's limit for an item and for a batch. */
export const bodyBytesMax = 2 * 1024 * 1024;

/** Does one operation, at a time in milliseconds since the epoch. Throws `CosmosError` and then has done nothing. */
export function operate(container: Container, operation: ItemOperation, now: number): Effect {
  switch (operation.type) {
    case "Create":
    case "Upsert":
      return create(container, operation);
    case "Replace":
      return replace(container, operation);
    case "Read":
      return read(container, operation);
    case "Patch":
      return patch(container, operation, now);
    case "Delete":
      return remove(container, operation);
    default:
      throw badRequest(`Unknown operation ${operation.type}.`);
  }
}

function create(container: Container, { type, body, partitionKey, ifMatch }: ItemOperation): Effect {
  const document = checkDocument(body);
  const old = container.get(partitionFor(container, document, partitionKey), document.id);
  if (old && type === "Create") throw conflict();
  if (type === "Upsert" && ifMatch && !old) throw preconditionFailed();
  if (old) checkMatch(old, ifMatch);
  return write(container, document, old);
}

function replace(container: Container, { id, body, partitionKey, ifMatch }: ItemOperation): Effect {
  const document = checkDocument(body);
  const old = id === undefined ? undefined : container.get(partitionFor(container, document, partitionKey), id);
  if (!old) throw notFound();
  if (document.id !== id) throw badRequest("The id of a document cannot be changed.");
  checkMatch(old, ifMatch);
  return write(container, document, old);
}

function read(container: Container, operation: ItemOperation): Effect {
  const entry = find(container, operation);
  const { document } = entry;
  if (operation.ifNoneMatch === "*" || operation.ifNoneMatch === document._etag) {
    throw new CosmosError(304, "NotModified", "", { headers: { etag: document._etag } });
  }
  return { answer: { ...describe(container, entry), charge: chargeOf("read", document) }, undo: () => {} };
}

function patch(container: Container, operation: ItemOperation, now: number): Effect {
  const entry = find(container, operation);
  checkMatch(entry, operation.ifMatch);
  const { operations, condition } = readPatch(operation.body);
  if (condition) {
    const { compiled } = prepareQuery(`SELECT VALUE 1 ${condition}`);
    if (compiled.all([entry.document], { parameters: {}, now }).length === 0) throw preconditionFailed();
  }
  const document = applyPatch(entry.document, operations);
  if (document.id !== entry.document.id || partitionFor(container, document) !== entry.partition) {
    throw badRequest("A patch cannot change the id or the partition key.");
  }
  return write(container, checkDocument(document), entry);
}

function remove(container: Container, operation: ItemOperation): Effect {
  const entry = find(container, operation);
  checkMatch(entry, operation.ifMatch);
  const { undo } = container.remove(entry);
  return { answer: { status: 204, charge: chargeOf("delete", entry.document), lsn: container.lsn }, undo };
}

function write(container: Container, document: JsonObject & { readonly id: string }, old: Entry | undefined): Effect {
  const { entry, undo } = container.put(document, old);
  const charge = chargeOf(old ? "change" : "create", entry.document);
  return { answer: { ...describe(container, entry), status: old ? 200 : 201, charge }, undo };
}

const describe = (container: Container, { document }: Entry): Answer => ({
  body: document,
  headers: { etag: document._etag },
  lsn: container.lsn,
});

function find(container: Container, { id, partitionKey }: ItemOperation): Entry {
  if (partitionKey === undefined) throw badRequest("PartitionKey value must be supplied for this operation.");
  const entry = id === undefined ? undefined : container.get(nameOfPartition(partitionKey), id);
  if (!entry) throw notFound();
  return entry;
}

function checkMatch({ document }: Entry, ifMatch: string | undefined): void {
  if (ifMatch && ifMatch !== "*" && ifMatch !== document._etag) throw preconditionFailed();
}

/** The partition a document belongs to, which has to be the one the client says. */
function partitionFor({ paths }: Container, document: JsonObject, said?: PartitionKey): string {
  const partition = nameOfPartition(partitionKeyOf(document, paths));
  if (said && nameOfPartition(said) !== partition) throw wrongPartitionKey();
  return partition;
}

function checkDocument(document: Value): JsonObject & { readonly id: string } {
  if (!isObject(document)) throw badRequest("The document body must be an object.");
  if (!hasId(document)) throw badRequest("The required property 'id' is missing or has characters that are not allowed.");
  if (!isTtl(document["ttl"])) throw badRequest("The input ttl is invalid. It takes a positive integer or -1.");
  if (Buffer.byteLength(JSON.stringify(document)) > bodyBytesMax) throw tooLarge();
  return document;
}

const hasId = (document: JsonObject): document is JsonObject & { readonly id: string } =>
  typeof document["id"] === "string" && /^[^/\\#?]{1,1023}$/.test(document["id"]);
