import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { CosmosClient, type CosmosClientOptions, type Database } from "@azure/cosmos";
import { type CosmosEmulator, type CosmosEmulatorOptions, startCosmosEmulator } from "./cosmos-emulator.ts";

/** An account to try the client on, with a database of one's own. */
export interface CosmosTarget {
  readonly client: CosmosClient;
  readonly database: Database;
  /** Another client of the same account, closed with the target. */
  openClient(options: Pick<CosmosClientOptions, "key" | "connectionPolicy">): CosmosClient;
  /** Lets so many milliseconds pass for the account. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** The account that `COSMOS_CONNECTION` names, if it is set: Azure's, or Microsoft's emulator; otherwise our emulator. */
export function openTarget(): Promise<CosmosTarget> {
  const connectionString = process.env.COSMOS_CONNECTION;
  return connectionString ? openReal(connectionString) : openEmulated();
}

/** Our emulator, with a clock that moves at once. It has several physical partitions, so that the client has something to merge. */
export async function openEmulated(
  options: CosmosEmulatorOptions = { partitions: 3 },
): Promise<CosmosTarget & { readonly emulator: CosmosEmulator }> {
  let passed = 0;
  const emulator = await startCosmosEmulator({ now: () => Date.now() + passed, ...options });
  const target = await open(emulator.connectionString);
  return {
    ...target,
    emulator,
    async pass(ms) {
      passed += ms;
    },
    async close() {
      await target.close();
      await emulator.close();
    },
  };
}

async function openReal(connectionString: string): Promise<CosmosTarget> {
  const target = await open(connectionString);
  // The service drops what has expired within a second.
  return { ...target, pass: (ms) => wait(ms + 1000) };
}

async function open(connectionString: string): Promise<Omit<CosmosTarget, "pass">> {
  const clients: CosmosClient[] = [];
  function openClient(options: CosmosClientOptions): CosmosClient {
    // The background refresh of endpoints would outlive a test.
    const connectionPolicy = { enableEndpointDiscovery: false, ...options.connectionPolicy };
    const { key, endpoint } = partsOf(connectionString);
    const client = new CosmosClient({ endpoint, key, ...options, connectionPolicy });
    clients.push(client);
    return client;
  }
  const client = openClient({});
  const { database } = await client.databases.create({ id: `conformance-${randomUUID()}` });
  return {
    client,
    database,
    openClient,
    async close() {
      await database.delete();
      for (const each of clients) each.dispose();
    },
  };
}

function partsOf(connectionString: string): { readonly endpoint: string; readonly key: string } {
  const [, endpoint = "", key = ""] = /^AccountEndpoint=(.+?);AccountKey=(.+?);?$/.exec(connectionString) ?? [];
  return { endpoint, key };
}
