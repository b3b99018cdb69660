import { type AzureServices, openAzure } from "../adapters/azure/open-azure.ts";
import { systemClock } from "../adapters/common/system-clock.ts";
import { createHttpClient } from "../adapters/common/undici-http-client.ts";
import type { AzureConnections } from "../config/azure-config.ts";
import { containers } from "../ports/containers.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { chargeMeter } from "./charge-meter.ts";

export interface AzureOptions {
  /** Origins that providers may have although they are private: the demo's recording provider. */
  readonly trustedOrigins?: readonly string[];
  /** Provider URLs may be http and on private addresses: only for work on one machine. */
  readonly allowPrivateTargets?: boolean;
}

/** Opens everything outside for a gateway on Azure's services. Nothing connects before it is needed. */
export function openAzurePorts(
  config: AzureConnections,
  log: Log,
  { trustedOrigins = [], allowPrivateTargets = false }: AzureOptions = {},
): Ports {
  const meter = chargeMeter(log);
  const azure = openAzure(servicesOf(config), containers, systemClock, log, meter.record);
  const http = createHttpClient({ allowPrivateTargets, trustedOrigins });
  return {
    ...azure,
    clock: systemClock,
    http,
    log,
    close: async () => {
      meter.stop();
      await http.close();
      await azure.close();
    },
  };
}

function servicesOf(config: AzureConnections): AzureServices {
  return {
    cosmos:
      config.COSMOS_CONNECTION === undefined
        ? { endpoint: config.COSMOS_CONNECTION__accountEndpoint! }
        : { connectionString: config.COSMOS_CONNECTION },
    database: config.COSMOS_DATABASE,
    serviceBus:
      config.SERVICEBUS_CONNECTION === undefined
        ? { fullyQualifiedNamespace: config.SERVICEBUS_CONNECTION__fullyQualifiedNamespace! }
        : { connectionString: config.SERVICEBUS_CONNECTION },
    vaultUrl: config.KEYVAULT_URL,
    identityClientId: config.MANAGED_IDENTITY_CLIENT_ID,
  };
}
