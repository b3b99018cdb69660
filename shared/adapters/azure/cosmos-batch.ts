import type { Container, OperationInput, OperationResponse, RequestOptions } from "@azure/cosmos";
import type { BatchResult, Document, WriteOperation } from "../../ports/document-store.ts";
import { applyChanges } from "../common/apply-changes.ts";
import { requireBatch } from "../common/check-store-call.ts";
import { asCosmosTag, asFailure, asTag, patchOperations } from "./cosmos-documents.ts";

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
    const inputs = operations.map((operation, index) => inputOf(operation, isMissing.has(index)));
    const response = await container.items.batch(inputs, pk, options);
    onCharge(Number(response.headers["x-ms-request-charge"] ?? 0));
    const { result = [] } = response as Response;
    const failed = result.findIndex(({ statusCode }) => statusCode >= 400 && statusCode !== failedDependency);
    if (failed === -1) {
      return { applied: true, etags: result.map(({ eTag }) => (eTag === undefined ? undefined : asTag(eTag))) };
    }
    const reason = asFailure(result[failed]!.statusCode);
    if (reason === undefined) {
      throw Object.assign(new Error(`an operation of the batch was answered ${result[failed]!.statusCode}`), {
        code: result[failed]!.statusCode,
      });
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

function inputOf(operation: WriteOperation, isMissing: boolean): OperationInput {
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
    case "increment":
      return isMissing
        ? { operationType: "Create", resourceBody: asBody(applyChanges(operation.initial, { increment: operation.by })) }
        : patchOf(operation.initial.id, { increment: operation.by }, undefined);
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
