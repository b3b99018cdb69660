import type { ContainerDefinitions } from "../../ports/containers.ts";
import type { Document, Query, WriteOperation } from "../../ports/document-store.ts";

/** The operations limit of a transactional batch in Cosmos DB, held on both families so that both refuse alike. */
const batchOperationsMax = 100;

/** Throws for a query that no index answers: a slow or refused query in production is a mistake to be met at the desk. */
export function requireIndexed(definitions: ContainerDefinitions, container: string, { where, orderBy, limit }: Query): void {
  const paths = [...where.map(({ path }) => path), orderBy.path];
  const indexes = definitions[container]?.indexes ?? [];
  if (!indexes.some((index) => paths.every((path) => index.includes(path)))) {
    throw new Error(`no index of ${container} holds ${paths.join(", ")}`);
  }
  if (!(limit >= 1 && limit <= 1000)) {
    throw new Error(`a page holds 1 to 1000 documents, not ${limit}`);
  }
}

/** Throws for a batch that is too large, writes several partitions, or removes fields. */
export function requireBatch(pk: string, operations: readonly WriteOperation[]): void {
  if (operations.length > batchOperationsMax) {
    throw new Error(`a batch holds at most ${batchOperationsMax} operations, not ${operations.length}`);
  }
  for (const operation of operations) {
    const document = documentOf(operation);
    if (document !== undefined && document.pk !== pk) {
      throw new Error(`a batch writes one partition, not ${pk} and ${document.pk}`);
    }
    const set = operation.type === "patch" ? operation.changes.set : operation.type === "increment" ? operation.set : undefined;
    if (Object.values(set ?? {}).includes(undefined)) {
      throw new Error("a patch in a batch removes nothing");
    }
  }
}

function documentOf(operation: WriteOperation): Document | undefined {
  return "document" in operation ? operation.document : "initial" in operation ? operation.initial : undefined;
}
