import { join } from "node:path";
import { systemClock } from "../adapters/common/system-clock.ts";
import { createHttpClient } from "../adapters/common/undici-http-client.ts";
import { openFileSecrets } from "../adapters/embedded/file-secrets.ts";
import { openEmbedded } from "../adapters/embedded/open-embedded.ts";
import type { EmbeddedConfig } from "../config/embedded-config.ts";
import { ConfigError } from "../config/settings.ts";
import type { Clock } from "../ports/clock.ts";
import { containers } from "../ports/containers.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { queueSettings } from "./queue-settings.ts";

export interface EmbeddedOptions {
  readonly clock?: Clock;
  /** Origins that providers may have although they are private: the demo's recording provider. */
  readonly trustedOrigins?: readonly string[];
}

/** Opens everything outside for a gateway on one machine. */
export async function openEmbeddedPorts(
  config: EmbeddedConfig,
  log: Log,
  { clock = systemClock, trustedOrigins = [] }: EmbeddedOptions = {},
): Promise<Ports> {
  const folder = config.CARREAU_DATA;
  const embedded = openEmbedded(folder, containers, queueSettings, clock, log);
  const secrets = await openFileSecrets(config.CARREAU_SECRETS_FILE ?? join(folder, "secrets.json"), { clock, log }).catch(
    (error: Error) => {
      throw new ConfigError(`CARREAU_SECRETS_FILE: ${error.message}`);
    },
  );
  const http = createHttpClient({ allowPrivateTargets: config.CARREAU_ALLOW_PRIVATE_TARGETS, trustedOrigins });
  return {
    ...embedded,
    secrets,
    clock,
    http,
    log,
    close: async () => {
      await http.close();
      await embedded.close();
    },
  };
}
