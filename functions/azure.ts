import { eventShardsOnCosmos } from "../shared/composition/event-shards.ts";
import { keptSecret } from "../shared/composition/kept-secret.ts";
import { openAzurePorts } from "../shared/composition/open-azure-ports.ts";
import { loadHostedAzureConfig } from "../shared/config/azure-config.ts";
import { runGateway } from "./run-gateway.ts";

/** The gateway on the cloud's services with a host of our own: for developers, who have no Functions host. */
runGateway({
  loadConfig: loadHostedAzureConfig,
  openPorts: (config, log, options) =>
    openAzurePorts(config, log, { ...options, allowPrivateTargets: config.CARREAU_ALLOW_PRIVATE_TARGETS }),
  eventShards: eventShardsOnCosmos,
  signingKeys: (config, { secrets }) => keptSecret(secrets, config.CARREAU_SIGNING_KEY_REF, "signing key"),
});
