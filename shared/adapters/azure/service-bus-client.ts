import type { TokenCredential } from "@azure/identity";
import { RetryMode, ServiceBusClient, type ServiceBusClientOptions } from "@azure/service-bus";

/** How to reach a namespace: with a connection string (emulators), or by its host name with a managed identity. */
export type ServiceBusConnection =
  | { readonly connectionString: string }
  | { readonly fullyQualifiedNamespace: string; readonly credential: TokenCredential };

/** The client's own defaults wait 60 s for an answer and 30 s between tries, longer than a request may take or a lock lasts. */
const options: ServiceBusClientOptions = {
  retryOptions: { mode: RetryMode.Exponential, maxRetries: 2, timeoutInMs: 10_000, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 },
};

/** A client; connects when it is first used. */
export function openServiceBusClient(connection: ServiceBusConnection): ServiceBusClient {
  return "connectionString" in connection
    ? new ServiceBusClient(connection.connectionString, options)
    : new ServiceBusClient(connection.fullyQualifiedNamespace, connection.credential, options);
}
