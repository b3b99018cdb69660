import type { CosmosRequest } from "./cosmos-request.ts";

/**
 * What a request is about, so that faults can be aimed at it. `batch` is transactional and `bulk` is not; a `query` across partitions
 * comes several times, first for its plan; `metadata` is the account, databases, containers, partitions and throughput.
 */
export type OperationKind =
  | "create"
  | "upsert"
  | "read"
  | "replace"
  | "patch"
  | "delete"
  | "batch"
  | "bulk"
  | "query"
  | "change-feed"
  | "metadata";

const ofItem: Readonly<Record<string, OperationKind>> = { GET: "read", PUT: "replace", PATCH: "patch", DELETE: "delete" };

export function kindOf(request: CosmosRequest): OperationKind {
  const { segments, method } = request;
  if (segments[4] !== "docs") return "metadata";
  if (segments.length > 5) return ofItem[method] ?? "metadata";
  if (method === "GET") return request.header("a-im") ? "change-feed" : "query";
  if (request.says("x-ms-cosmos-is-batch-request")) return request.says("x-ms-cosmos-batch-atomic") ? "batch" : "bulk";
  if (request.isQuery || request.says("x-ms-cosmos-is-query-plan-request")) return "query";
  return request.says("x-ms-documentdb-is-upsert") ? "upsert" : "create";
}
