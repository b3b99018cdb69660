import { CosmosClient, type CosmosClientOptions } from "@azure/cosmos";
import type { TokenCredential } from "@azure/identity";

/** How to reach an account: with a connection string (emulators), or by its endpoint with a managed identity. */
export type CosmosConnection = { readonly connectionString: string } | { readonly endpoint: string; readonly credential: TokenCredential };

/**
 * A client with the patience of a request handler: the client's own default waits up to 30 s on throttling, longer than anybody waits
 * for an answer.
 */
export function openCosmosClient(connection: CosmosConnection): CosmosClient {
  return new CosmosClient({
    ...target(connection),
    connectionPolicy: {
      requestTimeout: 2_500,
      enableBackgroundEndpointRefreshing: false,
      retryOptions: { maxRetryAttemptCount: 4, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 2 },
    },
  });
}

function target(connection: CosmosConnection): CosmosClientOptions {
  if ("endpoint" in connection) {
    return { endpoint: connection.endpoint, aadCredentials: connection.credential };
  }
  return { connectionString: connection.connectionString };
}
