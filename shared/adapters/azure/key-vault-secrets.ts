import type { TokenCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import type { Clock } from "../../ports/clock.ts";
import { parseSecretReference } from "../../ports/secret-reference.ts";
import type { Secrets } from "../../ports/secrets.ts";
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

interface Kept {
  readonly value: string | "not-found";
  readonly until: number;
}

/**
 * Secrets of one vault. Callers of the same secret at the same time share one request; a version, once read, never changes, yet is read
 * anew like the others so that a disabled one stops working.
 */
export function createKeyVaultSecrets(client: () => SecretClient, vaultUrl: string, clock: Pick<Clock, "now">): Secrets {
  const vault = new URL(vaultUrl).origin;
  const kept = new Map<string, Kept>();
  const reading = new Map<string, Promise<string | "not-found">>();

  const read = async (key: string, name: string, version: string | undefined) => {
    // Before the answer: the value may have been replaced on its way.
    const askedAt = clock.now();
    const value = await readSecret(client(), name, version);
    if (kept.size >= keptMax) {
      kept.clear();
    }
    kept.set(key, { value, until: askedAt + (value === "not-found" ? missingKeptMs : keptMs) });
    return value;
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

  return {
    async get(reference, options) {
      const place = locate(reference);
      if ("refused" in place) {
        return "not-found";
      }
      const { name, version } = place;
      const key = `${name}/${version ?? ""}`;
      if (options?.refresh === true) {
        // A read under way may have begun before the change that the caller knows of.
        await reading.get(key)?.catch(() => undefined);
        return readOnce(key, name, version);
      }
      const found = kept.get(key);
      return found !== undefined && found.until > clock.now() ? found.value : readOnce(key, name, version);
    },
    check(reference) {
      const place = locate(reference);
      return "refused" in place ? place : "ok";
    },
  };
}

async function readSecret(client: SecretClient, name: string, version: string | undefined): Promise<string | "not-found"> {
  try {
    const abortSignal = AbortSignal.timeout(readMs);
    const { value } = await client.getSecret(name, { abortSignal, ...(version === undefined ? {} : { version }) });
    return value ?? "not-found";
  } catch (error) {
    const {
      statusCode,
      code,
      name: kind,
      details,
    } = error as { statusCode?: number; code?: string; name?: string; details?: VaultRefusal };
    // 403 also stands for a missing role or a closed network, which is not the secret's fault.
    if (statusCode === 404 || details?.error?.innerError?.code === "SecretDisabled") {
      return "not-found";
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
