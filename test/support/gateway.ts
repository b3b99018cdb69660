import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { exampleSecrets } from "../../demo/example-secrets.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { providers } from "../../shared/providers/registry.ts";
import { makeFolder } from "./make-folder.ts";

const nodeArgs = ["--disable-warning=ExperimentalWarning"];
const root = join(import.meta.dirname, "../..");
/** The entry that the end-to-end suites run against, and its arguments. */
const gatewayEntry = process.env["CARREAU_TEST_ENTRY"] ?? "functions/local.ts";
const adminKey = "test-admin-key-0123456789";
/** Longer than a start takes on a busy machine, and shorter than a suite waits for it. */
const startMsMax = 60_000;
const pauseMs = 20;

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
  readonly text: string;
}

export interface CallOptions {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface GatewayOptions {
  readonly env?: Record<string, string>;
  readonly data?: string;
  /** What is started instead of the gateway: a server that says alike when it is ready. */
  readonly entry?: string;
  /** Put before the command, such as `taskset -c 0`. */
  readonly prefix?: readonly string[];
  /** False throws away what it logs. */
  readonly keepLog?: boolean;
}

/**
 * The gateway as its users start it: a process of its own, real HTTP, a database in `data`. What it writes to standard error is
 * kept. `stop` is graceful, `kill` is not; both can be followed by another start on the same `data`.
 */
export async function startGateway(options: GatewayOptions = {}) {
  const own = options.data === undefined ? makeFolder() : undefined;
  const data = options.data ?? join(own!.path, "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const secretsFile = join(data, "secrets.json");
  if (!existsSync(secretsFile)) {
    writeFileSync(secretsFile, JSON.stringify(await exampleSecrets()));
  }
  const [command, ...args] = [...(options.prefix ?? []), process.execPath, ...nodeArgs, ...(options.entry ?? gatewayEntry).split(" ")];
  const child = spawn(command!, args, {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      CARREAU_DATA: data,
      CARREAU_ADMIN_KEY: adminKey,
      CARREAU_ALLOW_PRIVATE_TARGETS: "true",
      CARREAU_DEMO: "0",
      ...options.env,
    },
    stdio: ["ignore", "pipe", options.keepLog === false ? "ignore" : "pipe"],
  });
  const log: string[] = [];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => log.push(text));
  const output: string[] = [];
  const url = await readyUrl(child, output, log);
  const exit = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, "exit");
    }
    return child.exitCode;
  };
  return {
    url,
    data,
    adminKey,
    pid: child.pid!,
    log: () => log.join(""),
    /** What it wrote to standard output. */
    output: () => output.join(""),
    call: (method: string, path: string, callOptions?: CallOptions) => callGateway(url, method, path, callOptions),
    stop: async () => {
      const code = await exit("SIGTERM");
      own?.remove();
      return code;
    },
    /** Leaves the data for another start. */
    halt: (signal: NodeJS.Signals = "SIGTERM") => exit(signal),
    kill: () => exit("SIGKILL"),
  };
}

export type Gateway = Awaited<ReturnType<typeof startGateway>>;

async function readyUrl(child: ChildProcess, output: string[], log: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), startMsMax);
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      output.push(text);
      const [, url] = /^carreau listening on (\S+)$/m.exec(output.join("")) ?? [];
      if (url !== undefined) {
        clearTimeout(timer);
        resolve(url);
      }
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the gateway ended with ${code ?? signal}: ${log.join("")}`));
    });
  });
}

/** Starts the gateway where it is expected to refuse; answers its exit code and what it said. */
export async function failToStart(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [...nodeArgs, ...gatewayEntry.split(" ")], {
    cwd: root,
    env: { PATH: process.env["PATH"], PORT: "0", CARREAU_DEMO: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: startMsMax,
    killSignal: "SIGKILL",
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, output };
}

/** One request to a gateway; a body that is no text is sent as JSON. */
export async function callGateway(
  url: string,
  method: string,
  path: string,
  { key, body, headers = {} }: CallOptions = {},
): Promise<Answered> {
  const response = await fetch(url + path, {
    method,
    redirect: "manual",
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: asJson(text) };
}

/** Of many calls to a gateway that was killed meanwhile, what failed for another reason: fetch says in two ways that nobody is there. */
export function failedOtherwise(calls: readonly PromiseSettledResult<unknown>[]): unknown[] {
  const isGone = (reason: unknown) => reason instanceof TypeError && ["fetch failed", "terminated"].includes(reason.message);
  return calls.flatMap((call) => (call.status === "rejected" && !isGone(call.reason) ? [call.reason] : []));
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A new tenant with a secret key that may do all that a tenant can do now. */
export async function newTenant(
  { call, adminKey: key }: Pick<Gateway, "call" | "adminKey">,
  scopes = ["analytics:read", "analytics:write", "events:write"],
) {
  const tenant = await call("POST", "/v1/admin/tenants", { key, body: { name: "Club", tier: "standard" } });
  const made = await call("POST", `/v1/admin/tenants/${tenant.body.id}/keys`, { key, body: { kind: "secret", scopes } });
  return { id: tenant.body.id as string, key: made.body.key as string, keyId: made.body.id as string };
}

/** Asks again until the answer is what the caller waits for, with pauses that leave the machine to whoever is asked. */
export async function eventually<T>(ask: () => Promise<T>, isThere: (answer: T) => boolean, timeoutMs = 60_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isThere(answer)) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`still not there after ${timeoutMs} ms: ${JSON.stringify(answer)?.slice(0, 2000)}`);
    }
    await wait(pauseMs);
  }
}

/**
 * An active config per provider, all registered ones by default, pointing at a recording provider; their ids by provider. Where nobody
 * answers as a provider does, activation takes force.
 */
export async function activateConfigs(
  { call }: Pick<Gateway, "call">,
  key: string,
  recordingUrl: string,
  slugs: readonly string[] = providers.map(({ slug }) => slug),
  { force = false } = {},
): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const slug of slugs) {
    const { default: endpoints } = (await import(`../../shared/providers/${slug}/recording.ts`)) as { default: RecordingEndpoints };
    const made = await call("POST", `/analytics/${slug}/configs`, { key, body: endpoints.exampleSettings(`${recordingUrl}/${slug}`) });
    const active = await call("POST", `/analytics/${slug}/configs/${made.body.id}/activate${force ? "?force=true" : ""}`, { key });
    if (active.status !== 200) {
      throw new Error(`no config of ${slug}: ${made.text} ${active.text}`);
    }
    ids[slug] = made.body.id;
  }
  return ids;
}
