import type { Answer } from "./answer.ts";
import type { Container } from "./containers.ts";
import { badRequest } from "./cosmos-error.ts";
import type { CosmosRequest } from "./cosmos-request.ts";
import { checkOrderIsIndexed } from "./indexing-policy.ts";
import { prepareQuery } from "./prepared-query.ts";
import { type Page, readPage } from "./query-pages.ts";
import { needsPlan, planQuery } from "./query-plan.ts";
import { chargeOfPage } from "./request-charge.ts";
import { isArray, isObject, type JsonObject, type Value } from "./sql-values.ts";

interface QuerySpec {
  readonly text: string;
  readonly parameters: Readonly<Record<string, Value>>;
}

/** A query as the client sends it. Throws 400. */
export function readQuery(body: JsonObject): QuerySpec {
  const { query: text, parameters = [] } = body;
  if (typeof text !== "string") throw badRequest("The query text is missing.");
  const pairs = (isArray(parameters) ? parameters : []).map((parameter) =>
    isObject(parameter) ? ([String(parameter["name"]), parameter["value"]] as const) : (["", undefined] as const),
  );
  return { text, parameters: Object.fromEntries(pairs) };
}

/** How a query across partitions is to be merged, when the client asks for it beforehand. Throws `SqlError`. */
export function planFor({ text, parameters }: QuerySpec): Answer {
  return { body: planQuery(prepareQuery(text).query, parameters) };
}

/**
 * A page of a query. Throws 400, with a plan for the client, if that has to ask every physical partition and merge what they give: the
 * gateway does so too.
 */
export function answerQuery(
  container: Container,
  request: CosmosRequest,
  { text, parameters }: QuerySpec,
  { now, merges }: { readonly now: number; readonly merges: boolean },
): Answer {
  const prepared = prepareQuery(text);
  const { partitionKey } = request;
  const rangeId = request.header("x-ms-documentdb-partitionkeyrangeid");
  if (partitionKey === undefined && rangeId === undefined && needsPlan(prepared.query) && !merges) {
    throw badRequest("The provided cross partition query can not be directly served by the gateway.", {
      additionalErrorInfo: JSON.stringify(planQuery(prepared.query, parameters)),
    });
  }
  checkOrderIsIndexed(container.definition.indexingPolicy, prepared.query);
  const page = readPage({
    prepared,
    container,
    selection: { partitionKey, rangeId },
    run: { parameters, now },
    size: request.pageSize,
    continuation: request.header("x-ms-continuation"),
  });
  return describePage(container, page, request.says("x-ms-documentdb-populatequerymetrics"));
}

/** A page of all documents, across partitions without a plan, as there is nothing to merge. */
export function answerReadAll(container: Container, request: CosmosRequest, now: number): Answer {
  const page = readPage({
    prepared: prepareQuery("SELECT * FROM c"),
    container,
    selection: { partitionKey: request.partitionKey, rangeId: request.header("x-ms-documentdb-partitionkeyrangeid") },
    run: { parameters: {}, now },
    size: request.pageSize,
    continuation: request.header("x-ms-continuation"),
  });
  return describePage(container, page, false);
}

function describePage({ definition, lsn }: Container, { values, continuation }: Page, withMetrics: boolean): Answer {
  const count = values.length;
  return {
    body: { _rid: definition._rid, Documents: values, _count: count },
    charge: chargeOfPage(count),
    lsn,
    headers: {
      "x-ms-item-count": String(count),
      ...(continuation === undefined ? {} : { "x-ms-continuation": continuation }),
      ...(withMetrics ? { "x-ms-documentdb-query-metrics": metrics(count) } : {}),
    },
  };
}

/** The client reads the names; no time is measured. */
function metrics(count: number): string {
  const times = [
    "totalExecutionTimeInMs",
    "queryCompileTimeInMs",
    "queryLogicalPlanBuildTimeInMs",
    "queryPhysicalPlanBuildTimeInMs",
    "queryOptimizationTimeInMs",
    "VMExecutionTimeInMs",
    "indexLookupTimeInMs",
    "documentLoadTimeInMs",
    "systemFunctionExecuteTimeInMs",
    "userFunctionExecuteTimeInMs",
    "writeOutputTimeInMs",
  ].map((name) => `${name}=0`);
  const counts = [`retrievedDocumentCount=${count}`, `outputDocumentCount=${count}`];
  return [...times, ...counts, "retrievedDocumentSize=0", "outputDocumentSize=0", "indexUtilizationRatio=1"].join(";");
}
