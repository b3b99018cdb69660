import type { Account } from "./account.ts";
import type { Answer } from "./answer.ts";
import { badRequest, notFound } from "./cosmos-error.ts";
import type { CosmosRequest } from "./cosmos-request.ts";
import { listRanges } from "./partition-key.ts";
import { prepareQuery } from "./prepared-query.ts";
import { readQuery } from "./queries.ts";
import type { Value } from "./sql-values.ts";

/** Answers for everything but items: the account, databases, containers, their partitions and throughput. Throws `CosmosError`. */
export function answerResource(account: Account, request: CosmosRequest, origin: string): Answer {
  const [root, databaseId, kind, containerId, part] = request.segments;
  if (root === undefined) return { body: describeAccount(origin) };
  if (root === "offers") return answerOffers(account, request, databaseId);
  if (root !== "dbs") throw badRequest("Unknown resource.");
  if (databaseId === undefined) return answerDatabases(account, request);
  if (kind === undefined) return answerDatabase(account, request, databaseId);
  if (kind !== "colls") throw badRequest(`Resource type ${kind} is not emulated.`);
  if (containerId === undefined) return answerContainers(account, request, databaseId);
  if (part === undefined) return answerContainer(account, request, databaseId, containerId);
  if (part !== "pkranges") throw badRequest(`Resource type ${part} is not emulated.`);
  const { definition } = account.container(databaseId, containerId);
  const ranges = listRanges(account.surroundings.partitions);
  return { body: { _rid: definition._rid, PartitionKeyRanges: ranges, _count: ranges.length }, headers: { etag: '"0"' } };
}

function describeAccount(origin: string): object {
  const locations = [{ name: "Local", databaseAccountEndpoint: `${origin}/` }];
  return {
    id: "local",
    _rid: "local",
    _self: "",
    _dbs: "//dbs/",
    media: "//media/",
    addresses: "//addresses/",
    writableLocations: locations,
    readableLocations: locations,
    enableMultipleWriteLocations: false,
    userConsistencyPolicy: { defaultConsistencyLevel: "Session" },
    systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 4 },
    readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
    queryEngineConfiguration: "{}",
  };
}

function answerOffers({ offers, surroundings }: Account, request: CosmosRequest, id: string | undefined): Answer {
  if (id === undefined) return list("Offers", [...offers.values()], request, surroundings.now());
  const offer = offers.get(id);
  if (!offer) throw notFound();
  if (request.method !== "PUT") return { body: offer };
  const next = { ...request.object(), _rid: offer["_rid"], _self: offer["_self"] };
  offers.set(id, next);
  return { body: next };
}

function answerDatabases(account: Account, request: CosmosRequest): Answer {
  const definitions = Array.from(account.databases.values(), ({ definition }) => definition);
  if (request.method === "GET" || request.isQuery) return list("Databases", definitions, request, account.surroundings.now());
  return { status: 201, body: account.createDatabase(request.object()["id"]).definition };
}

function answerDatabase(account: Account, { method }: CosmosRequest, id: string): Answer {
  const { definition } = account.database(id);
  if (method === "GET") return { body: definition };
  if (method !== "DELETE") throw badRequest("Unknown operation.");
  account.databases.delete(id);
  return { status: 204 };
}

function answerContainers(account: Account, request: CosmosRequest, databaseId: string): Answer {
  const database = account.database(databaseId);
  const definitions = Array.from(database.containers.values(), ({ definition }) => definition as unknown as Value);
  if (request.method === "GET" || request.isQuery) return list("DocumentCollections", definitions, request, account.surroundings.now());
  const manual = request.header("x-ms-offer-throughput");
  const isAutomatic = request.header("x-ms-cosmos-offer-autopilot-settings") !== undefined;
  const throughput = manual === undefined ? (isAutomatic ? 1000 : undefined) : Number(manual);
  return { status: 201, body: account.createContainer(database, request.object(), throughput).definition };
}

function answerContainer(account: Account, request: CosmosRequest, databaseId: string, id: string): Answer {
  const container = account.container(databaseId, id);
  if (request.method === "DELETE") {
    account.database(databaseId).containers.delete(id);
    return { status: 204 };
  }
  if (request.method === "PUT") account.replaceContainer(container, request.object());
  else if (request.method !== "GET") throw badRequest("Unknown operation.");
  return { body: container.definition };
}

/** All resources of a kind, or those that a query wants. */
function list(name: string, resources: readonly Value[], request: CosmosRequest, now: number): Answer {
  const found = request.isQuery ? runQuery(resources, request, now) : resources;
  return { body: { _rid: "", [name]: found, _count: found.length }, headers: { "x-ms-item-count": String(found.length) } };
}

function runQuery(resources: readonly Value[], request: CosmosRequest, now: number): readonly Value[] {
  const { text, parameters } = readQuery(request.object());
  return prepareQuery(text).compiled.all(resources, { parameters, now });
}
