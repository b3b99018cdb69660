import type { Answer } from "./answer.ts";
import { operateBatch } from "./batch.ts";
import { answerChangeFeed } from "./change-feed.ts";
import type { Container } from "./containers.ts";
import { badRequest, tooLarge } from "./cosmos-error.ts";
import type { CosmosRequest } from "./cosmos-request.ts";
import { bodyBytesMax, operate } from "./items.ts";
import { answerQuery, answerReadAll, planFor, readQuery } from "./queries.ts";

export interface ItemSettings {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether the gateway itself merges queries across partitions. */
  readonly merges: boolean;
}

const typeOfMethod: Readonly<Record<string, string>> = { GET: "Read", PUT: "Replace", PATCH: "Patch", DELETE: "Delete" };

/** Answers for the items of a container. Throws `CosmosError` and `SqlError`. */
export function answerItems(container: Container, request: CosmosRequest, settings: ItemSettings): Answer {
  if (request.byteCount > bodyBytesMax) throw tooLarge();
  const id = request.segments.slice(5).join("/");
  return id === "" ? answerFeed(container, request, settings) : answerItem(container, request, id, settings);
}

/** What concerns no item, several, or one that is new. */
function answerFeed(container: Container, request: CosmosRequest, settings: ItemSettings): Answer {
  const { partitionKey } = request;
  const { now } = settings;
  if (request.method === "GET") {
    return request.header("a-im") ? answerChangeFeed(container, request) : answerReadAll(container, request, now);
  }
  if (request.method !== "POST") throw badRequest("Unknown operation.");
  if (request.says("x-ms-cosmos-is-query-plan-request")) return planFor(readQuery(request.object()));
  if (request.says("x-ms-cosmos-is-batch-request")) {
    return operateBatch(container, request.json(), {
      atomic: request.says("x-ms-cosmos-batch-atomic"),
      continueOnError: request.says("x-ms-cosmos-batch-continue-on-error"),
      minimal: request.header("prefer")?.includes("return=minimal") ?? false,
      partitionKey,
      now,
    });
  }
  if (request.isQuery) return answerQuery(container, request, readQuery(request.object()), settings);
  const type = request.says("x-ms-documentdb-is-upsert") ? "Upsert" : "Create";
  const operation = { type, body: request.json(), partitionKey, ifMatch: request.header("if-match") };
  return operate(container, operation, now).answer;
}

function answerItem(container: Container, request: CosmosRequest, id: string, { now }: ItemSettings): Answer {
  const { method, partitionKey } = request;
  const operation = {
    type: typeOfMethod[method] ?? "",
    id,
    partitionKey,
    ifMatch: request.header("if-match"),
    ifNoneMatch: request.header("if-none-match"),
    body: method === "PUT" || method === "PATCH" ? request.json() : undefined,
  };
  return operate(container, operation, now).answer;
}
