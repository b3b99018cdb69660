import functions from "@azure/functions";
import { composeUseCases } from "../shared/composition/compose-use-cases.ts";
import { eventShardsOnCosmos } from "../shared/composition/event-shards.ts";
import { openJsonLog } from "../shared/composition/json-log.ts";
import { keptAdminKey, keptSecret } from "../shared/composition/kept-secret.ts";
import { openAzurePorts } from "../shared/composition/open-azure-ports.ts";
import { openTelemetry } from "../shared/composition/open-telemetry.ts";
import { loadAzureConfig } from "../shared/config/azure-config.ts";
import { AzureFunctionsHost } from "./azure-functions-host.ts";
import { register } from "./register.ts";

/**
 * The gateway in Azure Functions: the worker loads this once per process. A wrong setting throws here, before anything is registered;
 * nothing connects until a function needs it.
 */
// biome-ignore lint/style/noProcessEnv: the one place where the environment of this entry is read
const config = loadAzureConfig(process.env);
// What happens outside of an invocation; the host takes lines from standard error as its own.
const log = openJsonLog(config.CARREAU_LOG_LEVEL);
const ports = openAzurePorts(config, log);

const telemetry = openTelemetry(config, log);

const use = composeUseCases(
  { ...ports, telemetry },
  {
    adminKey: keptAdminKey(ports.secrets, config.CARREAU_ADMIN_KEY_REF),
    signingKeys: keptSecret(ports.secrets, config.CARREAU_SIGNING_KEY_REF, "signing key"),
    eventShards: eventShardsOnCosmos,
  },
);
register(new AzureFunctionsHost(config.CARREAU_LOG_LEVEL), use, {
  trustedProxyHops: config.CARREAU_TRUSTED_PROXY_HOPS,
  countryHeader: config.CARREAU_COUNTRY_HEADER,
  now: () => performance.now(),
  telemetry,
});

// The host waits for it before the first invocation, and for the other at its end.
functions.app.hook.appStart(() => telemetry.start());
functions.app.hook.appTerminate(async () => {
  await telemetry.close();
  await ports.close();
  log.flush();
});
