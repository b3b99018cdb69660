import type { CosmosClient } from "@azure/cosmos";
import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import type { SecretClient } from "@azure/keyvault-secrets";
import type { ServiceBusClient } from "@azure/service-bus";
import type { Clock } from "../../ports/clock.ts";
import type { ContainerDefinitions } from "../../ports/containers.ts";
import type { Log } from "../../ports/log.ts";
import type { Ports } from "../../ports/ports.ts";
import { AzureOutbox } from "./azure-outbox.ts";
import { openCosmosClient } from "./cosmos-client.ts";
import { CosmosDocumentStore, type RecordCharge } from "./cosmos-document-store.ts";
import { createKeyVaultSecrets, openSecretClient } from "./key-vault-secrets.ts";
import { localCredential } from "./local-credential.ts";
import { openServiceBusClient } from "./service-bus-client.ts";
import { ServiceBusQueue } from "./service-bus-queue.ts";

/** Where the services are. Without a connection string a managed identity is used: the user-assigned one of this client id, or the system's. */
export interface AzureServices {
  readonly cosmos: { readonly connectionString: string } | { readonly endpoint: string };
  readonly database: string;
  readonly serviceBus: { readonly connectionString: string } | { readonly fullyQualifiedNamespace: string };
  readonly vaultUrl: string;
  readonly identityClientId?: string | undefined;
}

/**
 * Opens store, queue, outbox and secrets on Azure. Nothing connects before it is needed (the Functions host allows 30 s for loading);
 * each client is made once per process.
 */
export function openAzure(
  services: AzureServices,
  containers: ContainerDefinitions,
  clock: Clock,
  log: Log,
  recordCharge: RecordCharge,
): Pick<Ports, "store" | "queue" | "outbox" | "secrets" | "close"> {
  const { cosmos, database, serviceBus, vaultUrl, identityClientId: clientId } = services;
  const credential = lazily<TokenCredential>(() => new ManagedIdentityCredential(clientId === undefined ? {} : { clientId }));
  const cosmosClient = lazily<CosmosClient>(() =>
    openCosmosClient("connectionString" in cosmos ? cosmos : { ...cosmos, credential: credential.get() }),
  );
  const serviceBusClient = lazily<ServiceBusClient>(() =>
    openServiceBusClient("connectionString" in serviceBus ? serviceBus : { ...serviceBus, credential: credential.get() }),
  );
  const secretClient = lazily<SecretClient>(() =>
    openSecretClient(vaultUrl, vaultUrl.startsWith("http:") ? localCredential : credential.get()),
  );
  const store = new CosmosDocumentStore(() => cosmosClient.get().database(database), containers, recordCharge) as Ports["store"];
  const queue = new ServiceBusQueue(serviceBusClient.get, clock);
  return {
    store,
    queue,
    outbox: new AzureOutbox(store, queue, log),
    secrets: createKeyVaultSecrets(secretClient.get, vaultUrl, clock),
    close: async () => {
      await serviceBusClient.made()?.close();
      cosmosClient.made()?.dispose();
    },
  };
}

/** Makes a thing when it is first asked for, and tells whether it was. */
function lazily<T>(make: () => T): { get: () => T; made: () => T | undefined } {
  let made: T | undefined;
  return {
    get: () => {
      made ??= make();
      return made;
    },
    made: () => made,
  };
}
