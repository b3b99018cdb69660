import type { TokenCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import type { Clock } from "../../ports/clock.ts";
import { parseSecretReference } from "../../ports/secret-reference.ts";
import { readableBy, type Secrets } from "../../ports/secrets.ts";
import { Problem } from "../../problems/problem.ts";

/** Spec 5.1: a rotated secret counts after this long at the latest, or at once after a provider's 401. */
const keptMs = 5 * 60_000;
/** A name that was not there may be made any moment, by somebody who is waiting for it. */
const missingKeptMs = 10_000;
const keptMax = 10_000;
const readMs = 4_000;

interface VaultRefusal {
  readonly error?: { readonly innerError?: { readonly code?: string } };
}

/** The tag that names a secret's owner. It is a version's: who sets a new value sets it again. */
const ownerTag = "tenant_id";

interface OwnedSecret {
  readonly value: string | "not-found";
  readonly owner?: string;
}

interface Kept extends OwnedSecret {
  readonly until: number;
}

/**
 * Secrets of one vault, each with its owner in the tag `tenant_id`: a tenant's id, or `*`. Callers of the same secret at the same time share one request; a version, once read, never changes, yet is read
 * anew like the others so that a disabled one stops working.
 */
export function createKeyVaultSecrets(client: () => SecretClient, vaultUrl: string, clock: Pick<Clock, "now">): Secrets {
  const vault = new URL(vaultUrl).origin;
  const kept = new Map<string, Kept>();
  const reading = new Map<string, Promise<OwnedSecret>>();

  const read = async (key: string, name: string, version: string | undefined) => {
    // Before the answer: the value may have been replaced on its way.
    const askedAt = clock.now();
    const secret = await readSecret(client(), name, version);
    if (kept.size >= keptMax) {
      kept.clear();
    }
    kept.set(key, { ...secret, until: askedAt + (secret.value === "not-found" ? missingKeptMs : keptMs) });
    return secret;
  };
  const readOnce = (key: string, name: string, version: string | undefined) => {
    const running = reading.get(key) ?? read(key, name, version).finally(() => reading.delete(key));
    reading.set(key, running);
    return running;
  };
  const locate = (reference: string) => {
    const parsed = parseSecretReference(reference);
    if ("refused" in parsed) {
      return parsed;
    }
    if (parsed.kind === "uri" && parsed.vault !== vault) {
      return { refused: "it names another vault than this gateway's" };
    }
    return { name: parsed.name, version: parsed.kind === "uri" ? parsed.version : undefined };
  };

  const find = async (reference: string, refresh: boolean): Promise<OwnedSecret> => {
    const place = locate(reference);
    if ("refused" in place) {
      return { value: "not-found" };
    }
    const { name, version } = place;
    const key = `${name}/${version ?? ""}`;
    if (refresh) {
      // A read under way may have begun before the change that the caller knows of.
      await reading.get(key)?.catch(() => undefined);
      return readOnce(key, name, version);
    }
    const found = kept.get(key);
    return found !== undefined && found.until > clock.now() ? found : readOnce(key, name, version);
  };

  return {
    async get(tenantId, reference, options) {
      const { value, owner } = await find(reference, options?.refresh === true);
      return readableBy(tenantId, owner) ? value : "not-found";
    },
    getOwn: async (reference) => (await find(reference, false)).value,
    check(reference) {
      const place = locate(reference);
      return "refused" in place ? place : "ok";
    },
  };
}

async function readSecret(client: SecretClient, name: string, version: string | undefined): Promise<OwnedSecret> {
  try {
    const abortSignal = AbortSignal.timeout(readMs);
    const { value, properties } = await client.getSecret(name, { abortSignal, ...(version === undefined ? {} : { version }) });
    const owner = properties.tags?.[ownerTag];
    return { value: value ?? "not-found", ...(owner === undefined ? {} : { owner }) };
  } catch (error) {
    const {
      statusCode,
      code,
      name: kind,
      details,
    } = error as { statusCode?: number; code?: string; name?: string; details?: VaultRefusal };
    // 403 also stands for a missing role or a closed network, which is not the secret's fault.
    if (statusCode === 404 || details?.error?.innerError?.code === "SecretDisabled") {
      return { value: "not-found" };
    }
    // The client's error holds the request; only its kind goes on.
    throw new Problem("store-unavailable", "the vault can't answer right now", {
      cause: new Error(`Key Vault: ${statusCode ?? code ?? kind}`),
    });
  }
}

/** A client of the vault, with a request handler's patience. Plain http is for a vault on this machine, which checks no token. */
export function openSecretClient(vaultUrl: string, credential: TokenCredential): SecretClient {
  const isLocal = vaultUrl.startsWith("http:");
  return new SecretClient(vaultUrl, credential, {
    retryOptions: { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 },
    ...(isLocal ? { disableChallengeResourceVerification: true, allowInsecureConnection: true } : {}),
  });
}
