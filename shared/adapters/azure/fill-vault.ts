import { AzureDeveloperCliCredential, ChainedTokenCredential, DefaultAzureCredential } from "@azure/identity";
import type { SecretClient } from "@azure/keyvault-secrets";
import { openSecretClient } from "./key-vault-secrets.ts";
import { localCredential } from "./local-credential.ts";

/** What became of a secret: `there` in whatever state, made now, or nobody knows, since the vault lets nobody in from here. */
export type Filled = "there" | "made" | "closed";

/** Refusals of any request from a network that the vault does not let in: neither a role nor waiting changes that. */
const closedNetwork = ["ForbiddenByFirewall", "ForbiddenByConnection"];
/** A role that was just assigned counts after ten minutes at the latest ("Azure RBAC troubleshooting"). */
const triesMax = 41;
export const pauseMs = 15_000;

/** The vault, for whoever deploys: as the one who is signed in to azd, else as whatever else there is on this machine. */
export const openVaultOfDeployer = (vaultUrl: string): SecretClient =>
  openSecretClient(
    vaultUrl,
    vaultUrl.startsWith("http:")
      ? localCredential
      : new ChainedTokenCredential(new AzureDeveloperCliCredential(), new DefaultAzureCredential()),
  );

/**
 * Makes a secret where the vault has none of that name; one that is there stays as it is, disabled ones too. As long as the vault refuses the
 * caller, whose role may be new, it is asked again after each `pause`. Throws an error whose message holds no value.
 */
export async function makeMissingSecret(
  vault: SecretClient,
  name: string,
  mint: () => string,
  pause: () => Promise<void>,
): Promise<Filled> {
  for (let tries = 1; ; tries++) {
    try {
      return await makeOnce(vault, name, mint);
    } catch (error) {
      const { statusCode, code, inner } = refusalOf(error);
      if (closedNetwork.includes(inner ?? "")) {
        return "closed";
      }
      if (statusCode !== 403 || tries === triesMax) {
        throw new Error(`${name}: ${advice(statusCode) ?? `the vault can't be used (${inner ?? code ?? statusCode ?? "no answer"})`}`);
      }
      await pause();
    }
  }
}

async function makeOnce(vault: SecretClient, name: string, mint: () => string): Promise<Filled> {
  try {
    await vault.getSecret(name);
    return "there";
  } catch (error) {
    const { statusCode, inner } = refusalOf(error);
    if (inner === "SecretDisabled") {
      return "there";
    }
    if (statusCode !== 404) {
      throw error;
    }
  }
  await vault.setSecret(name, mint());
  return "made";
}

function refusalOf(error: unknown): { statusCode?: number | undefined; code?: string | undefined; inner?: string | undefined } {
  const { statusCode, code, name, details } = error as {
    statusCode?: number;
    code?: string;
    name?: string;
    details?: { error?: { innerError?: { code?: string } } };
  };
  return { statusCode, code: code ?? name, inner: details?.error?.innerError?.code };
}

/** What to do, where the answer says. */
function advice(statusCode: number | undefined): string | undefined {
  switch (statusCode) {
    case 409:
      return "it was deleted and can be recovered: az keyvault secret recover";
    case 403:
      return "the vault refuses who is signed in; the role Key Vault Secrets Officer is needed";
    default:
      return undefined;
  }
}
