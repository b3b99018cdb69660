import type { ContainerRequest, Database } from "@azure/cosmos";
import type { ContainerDefinition, ContainerDefinitions } from "../../ports/containers.ts";

/** A container's properties as Cosmos DB takes them: only the paths that queries name are indexed. */
export function containerRequest(
  id: string,
  { partitionKey, defaultTtlSeconds, indexes, uniqueKeys }: ContainerDefinition,
): ContainerRequest {
  const paths = [...new Set(indexes.flat())].filter((path) => path !== "id");
  return {
    id,
    partitionKey: { paths: [partitionKey] },
    ...(defaultTtlSeconds === null ? {} : { defaultTtl: defaultTtlSeconds }),
    indexingPolicy: { includedPaths: paths.map((path) => ({ path: `/${path}/?` })), excludedPaths: [{ path: "/*" }] },
    ...(uniqueKeys.length === 0
      ? {}
      : { uniqueKeyPolicy: { uniqueKeys: uniqueKeys.map((fields) => ({ paths: fields.map((field) => `/${field}`) })) } }),
  };
}

/** Makes the containers that are not there yet: for emulators; in Azure Bicep makes them from the same definitions. */
export async function createContainers(database: Database, definitions: ContainerDefinitions): Promise<void> {
  for (const [id, definition] of Object.entries(definitions)) {
    await database.containers.createIfNotExists(containerRequest(id, definition));
  }
}
