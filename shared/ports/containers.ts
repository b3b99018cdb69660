import definitions from "./containers.json" with { type: "json" };

/** One container: what is fixed when it is made, and is the same on Cosmos DB, on SQLite and in Bicep. */
export interface ContainerDefinition {
  readonly partitionKey: string;
  /** `null`: nothing expires; `-1`: only documents with a `ttl` of their own; else seconds (the rule of Cosmos DB). */
  readonly defaultTtlSeconds: number | null;
  /** Each index lists its paths in order; a query names paths of one index only. Paths are top-level field names. */
  readonly indexes: readonly (readonly string[])[];
  /** Each unique key lists fields whose values together occur once per partition. */
  readonly uniqueKeys: readonly (readonly string[])[];
}

export type ContainerDefinitions = Readonly<Record<string, ContainerDefinition>>;

/** Names of the gateway's containers. */
export type ContainerName = keyof typeof definitions;

/** The gateway's containers; containers.json is also what Bicep and the test servers read. */
export const containers: Readonly<Record<ContainerName, ContainerDefinition>> = definitions;
