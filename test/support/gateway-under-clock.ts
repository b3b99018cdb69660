import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleSecrets } from "../../demo/example-secrets.ts";
import { register } from "../../functions/register.ts";
import { composeUseCases } from "../../shared/composition/compose-use-cases.ts";
import { openEmbeddedPorts } from "../../shared/composition/open-embedded-ports.ts";
import type { OpenTelemetry } from "../../shared/composition/open-telemetry.ts";
import { queueSettings } from "../../shared/composition/queue-settings.ts";
import { loadEmbeddedConfig } from "../../shared/config/embedded-config.ts";
import { EmbeddedHost } from "../../shared/host/embedded-host.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { mintSigningKey } from "../../shared/signing/signing-keys.ts";
import { silentLog } from "./embedded-store.ts";
import { callGateway } from "./gateway.ts";
import { makeFolder } from "./make-folder.ts";

const adminKey = "test-admin-key-0123456789";

/** The whole gateway with real HTTP, queues and database in this process, under a clock that the test can move. */
export async function startGatewayUnderClock(
  clock: Clock,
  wrap: (ports: Ports) => Ports = (ports) => ports,
  { log = silentLog, telemetry }: { readonly log?: Log; readonly telemetry?: OpenTelemetry } = {},
) {
  const folder = makeFolder();
  writeFileSync(join(folder.path, "secrets.json"), JSON.stringify(await exampleSecrets()));
  const config = loadEmbeddedConfig({ CARREAU_DATA: folder.path, CARREAU_ALLOW_PRIVATE_TARGETS: "true" });
  const ports = wrap(await openEmbeddedPorts(config, silentLog, { clock }));
  const signingKey = mintSigningKey();
  const watched = telemetry === undefined ? {} : { telemetry, metrics: telemetry.metrics };
  telemetry?.watch(ports);
  const use = composeUseCases(
    { ...ports, ...watched },
    { adminKey: async () => adminKey, signingKeys: async () => signingKey, eventShards: 1 },
  );
  const host = new EmbeddedHost(ports.queue, clock, log, { concurrency: 2, lockMs: queueSettings.lockMs });
  register(host, use, { trustedProxyHops: 0, countryHeader: undefined, now: () => performance.now(), ...watched });
  const url = `http://127.0.0.1:${await host.start("127.0.0.1", 0)}`;
  return {
    url,
    adminKey,
    use,
    ports,
    call: (...[method, path, options]: [string, string, Parameters<typeof callGateway>[3]?]) => callGateway(url, method, path, options),
    stop: async () => {
      await host.stop();
      await ports.close();
      folder.remove();
    },
  };
}

export type GatewayUnderClock = Awaited<ReturnType<typeof startGatewayUnderClock>>;
