import functions from "@azure/functions";
import { composeUseCases } from "../shared/composition/compose-use-cases.ts";
import { eventShardsOnCosmos } from "../shared/composition/event-shards.ts";
import { openJsonLog } from "../shared/composition/json-log.ts";
import { openAzurePorts } from "../shared/composition/open-azure-ports.ts";
import { loadAzureConfig } from "../shared/config/azure-config.ts";
import { Problem } from "../shared/problems/problem.ts";
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

const adminKey = async (): Promise<string> => {
  const key = await ports.secrets.get(config.CARREAU_ADMIN_KEY_REF);
  if (key === "not-found") {
    throw new Problem("store-unavailable", "the vault holds no admin key");
  }
  return key;
};

register(new AzureFunctionsHost(config.CARREAU_LOG_LEVEL), composeUseCases(ports, { adminKey, eventShards: eventShardsOnCosmos }), {
  trustedProxyHops: config.CARREAU_TRUSTED_PROXY_HOPS,
  now: () => performance.now(),
});

functions.app.hook.appTerminate(async () => {
  await ports.close();
  log.flush();
});
