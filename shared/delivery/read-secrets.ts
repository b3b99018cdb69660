import type { Config } from "../configs/config.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { ProviderDefinition } from "../providers/definition.ts";

/**
 * The secrets that sending to a config's provider uses, by the names of their references; `undefined` when one that it needs is not there.
 * @param refresh asks the vault itself, not its cache
 */
export async function readSecrets(
  secrets: Secrets,
  config: Config,
  { secretsToSend = [], optionalSecretsToSend = [] }: ProviderDefinition,
  refresh = false,
): Promise<Readonly<Record<string, string>> | undefined> {
  const values: Record<string, string> = {};
  const optional = optionalSecretsToSend.filter((name) => config.credentials[name] !== undefined);
  for (const name of [...secretsToSend, ...optional]) {
    const reference = config.credentials[name];
    const value = reference === undefined ? "not-found" : await secrets.get(reference, { refresh });
    if (value === "not-found") {
      return undefined;
    }
    values[name] = value;
  }
  return values;
}
