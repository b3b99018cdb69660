import type { Answer } from "./answer.ts";
import type { Container } from "./containers.ts";
import { badRequest, type CosmosError, toRefusal } from "./cosmos-error.ts";
import { type Effect, type ItemOperation, operate } from "./items.ts";
import { type PartitionKey, readPartitionKey } from "./partition-key.ts";
import { isArray, isObject, type JsonObject, type Value } from "./sql-values.ts";

/** The service's limit for one batch. */
const operationsMax = 100;

export interface BatchOptions {
  /** All or nothing: a transactional batch. Otherwise a request of bulk operations. */
  readonly atomic: boolean;
  /** Whether the operations after a failed one are done too. */
  readonly continueOnError: boolean;
  /** Without the documents in the results. */
  readonly minimal: boolean;
  /** Of the operations that do not say theirs. */
  readonly partitionKey: PartitionKey | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** 424: not done, or undone, because another operation of the batch failed. */
const failedDependency = { statusCode: 424, requestCharge: 0 };

/** Does several operations. Throws 400 if there are too many of them; when one fails the answer is 207 and says which. */
export function operateBatch(container: Container, body: Value, options: BatchOptions): Answer {
  if (!isArray(body) || body.length === 0 || body.length > operationsMax) throw badRequest("A batch takes 1 to 100 operations.");
  const effects: Effect[] = [];
  const results: (JsonObject & { readonly requestCharge: number })[] = [];
  let failedAt: number | undefined;
  for (const [n, operation] of body.entries()) {
    if (failedAt !== undefined && !options.continueOnError) {
      results.push(failedDependency);
      continue;
    }
    try {
      const effect = operate(container, readOperation(operation, options.partitionKey), options.now);
      effects.push(effect);
      results.push(describeEffect(effect, options.minimal));
    } catch (error) {
      const refusal = toRefusal(error);
      if (!refusal) throw error;
      failedAt ??= n;
      results.push(describeRefusal(refusal));
    }
  }
  if (options.atomic && failedAt !== undefined) {
    for (const effect of effects.reverse()) effect.undo();
    results.fill(failedDependency, 0, failedAt);
  }
  const charge = results.reduce((sum, { requestCharge }) => sum + requestCharge, 0);
  return { status: failedAt === undefined ? 200 : 207, body: results, charge, lsn: container.lsn };
}

function readOperation(operation: Value, partitionKey: PartitionKey | undefined): ItemOperation {
  if (!isObject(operation)) throw badRequest("An operation is an object.");
  const textOf = (name: string) => (typeof operation[name] === "string" ? operation[name] : undefined);
  const ownKey = textOf("partitionKey");
  return {
    type: textOf("operationType") ?? "",
    id: textOf("id"),
    body: operation["resourceBody"],
    ifMatch: textOf("ifMatch"),
    ifNoneMatch: textOf("ifNoneMatch"),
    partitionKey: ownKey === undefined ? partitionKey : readPartitionKey(ownKey),
  };
}

function describeEffect({ answer: { status = 200, charge, body, headers } }: Effect, minimal: boolean) {
  const etag = headers?.["etag"];
  return {
    statusCode: status,
    requestCharge: charge,
    ...(etag === undefined ? {} : { eTag: etag }),
    ...(body === undefined || minimal ? {} : { resourceBody: body as JsonObject }),
  };
}

function describeRefusal({ status, headers, message }: CosmosError) {
  const substatus = headers["x-ms-substatus"];
  return { statusCode: status, requestCharge: 1, message, ...(substatus === undefined ? {} : { subStatusCode: Number(substatus) }) };
}
