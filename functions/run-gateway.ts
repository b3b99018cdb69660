import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseFileError } from "../shared/adapters/embedded/sqlite-file.ts";
import { composeUseCases } from "../shared/composition/compose-use-cases.ts";
import { openJsonLog } from "../shared/composition/json-log.ts";
import { openTelemetry } from "../shared/composition/open-telemetry.ts";
import { messagesInHand, queueSettings } from "../shared/composition/queue-settings.ts";
import { ConfigError, type HostConfig } from "../shared/config/settings.ts";
import { EmbeddedHost } from "../shared/host/embedded-host.ts";
import type { Log } from "../shared/ports/log.ts";
import type { Ports } from "../shared/ports/ports.ts";
import { mintAdminKey } from "../shared/tenants/admin-key.ts";
import { register } from "./register.ts";
import { signingKeysOf } from "./signing-key-file.ts";

/** What differs between the families. */
export interface GatewayFamily<C extends HostConfig> {
  readonly loadConfig: (env: Readonly<Record<string, string | undefined>>) => C;
  readonly openPorts: (config: C, log: Log, options: { trustedOrigins: readonly string[] }) => Promise<Ports> | Ports;
  readonly eventShards: number;
  /** Where the signing keys are when not in the data folder. */
  readonly signingKeys?: (config: C, ports: Ports) => () => Promise<string>;
}

/** Runs a gateway on a host of our own until SIGTERM or SIGINT; says where it listens in one line on standard output. */
export function runGateway<C extends HostConfig>(family: GatewayFamily<C>): void {
  start(family).catch((error: Error) => {
    process.stderr.write(`carreau can't start: ${describeFailure(error)}\n`);
    process.exit(1);
  });
}

async function start<C extends HostConfig>({ loadConfig, openPorts, eventShards, signingKeys }: GatewayFamily<C>): Promise<void> {
  // biome-ignore lint/style/noProcessEnv: the one place where the environment of these entries is read
  const config = loadConfig(process.env);
  makeDataFolder(config.CARREAU_DATA);
  const log = openJsonLog(config.CARREAU_LOG_LEVEL);
  const admin = adminKey(config);
  const recording = config.CARREAU_DEMO ? await startRecording(config.CARREAU_DATA) : undefined;
  const ports = await openPorts(config, log, { trustedOrigins: recording === undefined ? [] : [recording.url] });
  const host = new EmbeddedHost(ports.queue, ports.clock, log, { concurrency: messagesInHand, lockMs: queueSettings.lockMs });
  // With the folder's database open no other process makes a key at the same time.
  const readKeys = signingKeys?.(config, ports) ?? keptKeys(signingKeysOf(config.CARREAU_DATA));
  const telemetry = openTelemetry(config, log);
  telemetry.watch(ports);
  await telemetry.start();
  const use = composeUseCases({ ...ports, telemetry }, { adminKey: async () => admin.key, signingKeys: readKeys, eventShards });
  register(host, use, {
    trustedProxyHops: config.CARREAU_TRUSTED_PROXY_HOPS,
    countryHeader: config.CARREAU_COUNTRY_HEADER,
    now: () => performance.now(),
    telemetry,
    metrics: telemetry.metrics,
  });
  const port = await host.start(config.CARREAU_HOST, config.PORT);
  const url = `http://${config.CARREAU_HOST.includes(":") ? `[${config.CARREAU_HOST}]` : config.CARREAU_HOST}:${port}`;

  let stopping = false;
  const stop = async () => {
    if (!stopping) {
      stopping = true;
      await host.stop();
      await recording?.close();
      // Its last numbers are asked of the ports.
      await telemetry.close();
      await ports.close();
      log.flush();
      process.exit(0);
    }
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);

  // Once: where standard error is collected, every start would leave another copy.
  if (admin.isNew) {
    process.stderr.write(`admin key           ${admin.key}   (kept in ${admin.file})\n`);
  }
  if (recording !== undefined) {
    const { startDemo } = await import("../demo/start-demo.ts");
    const lines = await startDemo({ url, adminKey: admin.key, folder: config.CARREAU_DATA }, recording);
    process.stderr.write(`${lines.join("\n")}\n`);
  }
  process.stdout.write(`carreau listening on ${url}\n`);
}

const keptKeys = (keys: string) => async () => keys;

/** The provider that the demo's configs point at, with the secrets that they name. */
async function startRecording(folder: string) {
  const { writeExampleSecrets } = await import("../demo/example-secrets.ts");
  await writeExampleSecrets(folder);
  const { startRecordingProvider } = await import("../demo/recording-provider.ts");
  return startRecordingProvider({ port: 0 });
}

/** The operator's key: from the environment, or made once and kept where only this user can read it. */
function adminKey(config: HostConfig): { key: string; isNew: boolean; file: string } {
  const file = join(config.CARREAU_DATA, "admin-key");
  if (config.CARREAU_ADMIN_KEY !== undefined) {
    return { key: config.CARREAU_ADMIN_KEY, isNew: false, file };
  }
  const isNew = !existsSync(file);
  if (isNew) {
    writeFileSync(file, `${mintAdminKey()}\n`, { mode: 0o600, flag: "wx" });
  }
  chmodSync(file, 0o600);
  return { key: readFileSync(file, "utf8").trim(), isNew, file };
}

function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ConfigError(`CARREAU_DATA: ${(error as Error).message}`);
  }
}

/** What the operator can change needs no stack trace. */
function describeFailure(error: Error): string {
  if ((error as NodeJS.ErrnoException).syscall === "listen") {
    return `PORT, CARREAU_HOST: ${error.message}`;
  }
  return error instanceof ConfigError || error instanceof DatabaseFileError ? error.message : (error.stack ?? error.message);
}
