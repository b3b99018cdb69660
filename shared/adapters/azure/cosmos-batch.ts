import type { Container, OperationInput, OperationResponse, RequestOptions } from "@azure/cosmos";
import type { BatchResult, Document, WriteOperation } from "../../ports/document-store.ts";
import { applyChanges } from "../common/apply-changes.ts";
import { requireBatch } from "../common/check-store-call.ts";
import { asCosmosTag, asFailure, asTag, patchOperations, splitChanges } from "./cosmos-documents.ts";

/** An operation that was not tried because another one of the batch failed. */
const failedDependency = 424;
/** Each round, one counter that is not yet or no longer there is met; more than a few rounds mean something else is wrong. */
const roundsMax = 12;

type Response = { readonly code?: number; readonly result?: readonly OperationResponse[] };

/**
 * Runs a transactional batch. Cosmos DB has no operation that makes a counter or adds to it: each `increment` is tried as a patch, and
 * as a create when the counter isn't there, until one of both fits.
 */
export async function runBatch(
  container: Container,
  pk: string,
  operations: readonly WriteOperation[],
  options: RequestOptions,
  onCharge: (charge: number) => void,
): Promise<BatchResult> {
  requireBatch(pk, operations);
  if (operations.length === 0) {
    return { applied: true, etags: [] };
  }
  const isMissing = new Set<number>();
  for (let round = 0; round < roundsMax; round++) {
    const tried = operations.flatMap((operation, index) => inputsOf(operation, isMissing.has(index)).map((input) => ({ input, index })));
    const response = await container.items.batch(
      tried.map(({ input }) => input),
      pk,
      options,
    );
    onCharge(Number(response.headers["x-ms-request-charge"] ?? 0));
    const { result = [] } = response as Response;
    const failedAt = result.findIndex(({ statusCode }) => statusCode >= 400 && statusCode !== failedDependency);
    if (failedAt === -1) {
      return { applied: true, etags: operations.map((_, index) => tagOf(result[tried.findLastIndex((one) => one.index === index)])) };
    }
    const failed = tried[failedAt]!.index;
    const code = result[failedAt]!.statusCode;
    const reason = asFailure(code);
    if (reason === undefined) {
      throw Object.assign(new Error(`an operation of the batch was answered ${code}`), { code });
    }
    if (operations[failed]!.type !== "increment") {
      return { applied: false, index: failed, reason };
    }
    if (reason === "not-found") {
      isMissing.add(failed);
    } else {
      isMissing.delete(failed);
    }
  }
  throw new Error(`a counter was neither there nor missing in ${roundsMax} rounds`);
}

const tagOf = (response: OperationResponse | undefined) => (response?.eTag === undefined ? undefined : asTag(response.eTag));

/** One operation but for counters: more of them than one patch can change are several patches. */
function inputsOf(operation: WriteOperation, isMissing: boolean): OperationInput[] {
  if (operation.type !== "increment") {
    return [inputOf(operation)];
  }
  const { initial, by: increment, set = {} } = operation;
  return isMissing
    ? [{ operationType: "Create", resourceBody: asBody(applyChanges(initial, { increment, set })) }]
    : splitChanges({ increment, set }).map((changes) => patchOf(initial.id, changes, undefined));
}

function inputOf(operation: Exclude<WriteOperation, { readonly type: "increment" }>): OperationInput {
  switch (operation.type) {
    case "create":
      return { operationType: "Create", resourceBody: asBody(operation.document) };
    case "replace":
      return {
        operationType: "Replace",
        id: operation.document.id,
        resourceBody: asBody(operation.document),
        ifMatch: asCosmosTag(operation.etag),
      };
    case "upsert":
      return { operationType: "Upsert", resourceBody: asBody(operation.document) };
    case "delete":
      return { operationType: "Delete", id: operation.id, ...ifMatch(operation.etag) };
    case "patch":
      return patchOf(operation.id, operation.changes, operation.etag);
  }
}

function patchOf(id: string, changes: Parameters<typeof patchOperations>[0], etag: string | undefined): OperationInput {
  const operations = patchOperations(changes);
  if (operations === undefined) {
    throw new Error("a patch in a batch has at most ten changes");
  }
  return { operationType: "Patch", id, resourceBody: { operations }, ...ifMatch(etag) };
}

const ifMatch = (etag: string | undefined) => (etag === undefined ? {} : { ifMatch: asCosmosTag(etag) });

// biome-ignore lint/suspicious/noExplicitAny: the client's JSONObject has an index signature, which interfaces lack
const asBody = (document: Document): any => document;
