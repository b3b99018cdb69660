import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { type SecretVersion, VaultSecrets } from "./vault-secrets.ts";

/** What becomes of a request that carries a valid token. */
export type VaultFault = (
  | { readonly kind: "throttled"; readonly retryAfterSeconds: number }
  | { readonly kind: "status"; readonly status: number; readonly code: string; readonly innerCode?: string }
  /** Answered late, in real milliseconds. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** The connection ends without an answer. */
  | { readonly kind: "drop" }
) & {
  /** How often it strikes; once if left out. */
  readonly times?: number;
};

export interface KeyVaultEmulator {
  readonly url: string;
  /** Fits `TokenCredential`. */
  readonly credential: { getToken(): Promise<{ token: string; expiresOnTimestamp: number }> };
  /** What the client needs for a vault on this machine: the vault's host name is not Azure's, and it has no certificate. */
  readonly clientOptions: { readonly disableChallengeResourceVerification: true; readonly allowInsecureConnection: true };
  /** How many requests with a valid token have come; the first one of a client comes without, to be told where tokens are made. */
  readonly requestCount: number;
  /** Adds a version of a secret and answers its version. */
  set(name: string, value: string, options?: Partial<Pick<SecretVersion, "enabled" | "tags">>): string;
  /** Makes coming requests fail, in the order of the calls. */
  inject(fault: VaultFault): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

const refuse = (status: number, code: string, headers: Readonly<Record<string, string>> = {}, innerCode?: string): Answer => ({
  status,
  headers,
  body: { error: { code, message: `emulated: ${code}`, ...(innerCode === undefined ? {} : { innererror: { code: innerCode } }) } },
});

const challenge =
  'Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000", resource="https://vault.azure.net"';

/** The rule of Key Vault ("About Key Vault secrets"). */
const secretPath = /^\/secrets\/([0-9a-zA-Z-]{1,127})(?:\/([0-9a-f]{32})?)?$/;

/** Starts a vault on 127.0.0.1 that gets and sets secrets, over plain HTTP, everything in memory. */
export async function startKeyVaultEmulator({
  port = 0,
  secrets = {},
  token = randomUUID(),
}: {
  /** A free one if left out. */
  readonly port?: number;
  /** Those it has from the start, without tags. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The only valid one. */
  readonly token?: string;
} = {}): Promise<KeyVaultEmulator> {
  const vault = new VaultSecrets();
  for (const [name, value] of Object.entries(secrets)) vault.set(name, value);
  const faults: { fault: VaultFault; left: number }[] = [];
  const closing = new AbortController();
  let requestCount = 0;

  const server = createServer(async (request, response) => {
    const { status, headers, body } = await answer(request).catch(() => refuse(400, "BadParameter"));
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
    response.end(JSON.stringify(body));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage): Promise<Answer> {
    const body = await text(request);
    if (request.headers.authorization !== `Bearer ${token}`) return refuse(401, "Unauthorized", { "www-authenticate": challenge });
    requestCount += 1;
    return (await strike(request)) ?? serve(request, body);
  }

  /** The answer of the next fault, if it has one. */
  async function strike(request: IncomingMessage): Promise<Answer | undefined> {
    const next = faults[0];
    if (!next) return undefined;
    next.left -= 1;
    if (next.left <= 0) faults.shift();
    const { fault } = next;
    if (fault.kind === "throttled") return refuse(429, "Throttled", { "retry-after": String(fault.retryAfterSeconds) });
    if (fault.kind === "status") return refuse(fault.status, fault.code, {}, fault.innerCode);
    if (fault.kind === "drop") request.socket.destroy();
    else await wait(fault.delayMs, undefined, { signal: closing.signal }).catch(() => {});
    return undefined;
  }

  function serve(request: IncomingMessage, body: string): Answer {
    const { pathname, searchParams } = new URL(request.url ?? "", url);
    const [, name, version] = secretPath.exec(pathname) ?? [];
    if (!name || !searchParams.has("api-version")) return refuse(400, "BadParameter");
    if (request.method === "PUT") {
      const { value, contentType, attributes, tags } = JSON.parse(body) as {
        value: string;
        contentType?: string;
        tags?: Record<string, string>;
        attributes?: { enabled?: boolean };
      };
      return {
        status: 200,
        body: toBundle(vault.set(name, value, { ...attributes, ...(contentType ? { contentType } : {}), ...(tags ? { tags } : {}) })),
      };
    }
    if (request.method !== "GET") return refuse(405, "MethodNotAllowed");
    const found = vault.find(name, version);
    if (!found) return refuse(404, "SecretNotFound");
    return found.enabled ? { status: 200, body: toBundle(found) } : refuse(403, "Forbidden", {}, "SecretDisabled");
  }

  const toBundle = ({ name, version, value, enabled, contentType, tags, created }: SecretVersion) => ({
    value,
    id: `${url}/secrets/${name}/${version}`,
    contentType,
    tags,
    attributes: { enabled, created, updated: created, recoveryLevel: "Recoverable+Purgeable", recoverableDays: 90 },
  });

  return {
    url,
    credential: { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
    clientOptions: { disableChallengeResourceVerification: true, allowInsecureConnection: true },
    get requestCount() {
      return requestCount;
    },
    set: (name, value, options) => vault.set(name, value, options).version,
    inject: (fault) => faults.push({ fault, left: fault.times ?? 1 }),
    async close() {
      closing.abort();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
