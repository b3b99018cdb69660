import { askProvider } from "../configs/ask-provider.ts";
import type { Config } from "../configs/config.ts";
import { areNewer, readSecrets } from "../configs/read-secrets.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import type { FlagsOutcome, FlagsQuestion, ProviderDefinition } from "../providers/definition.ts";

/** A page waits for its flags: after this a default is better. */
const timeoutMs = 3_000;
/** After so long no further visitor of a request is asked for. */
const askForMs = 5_000;

type KnownSecrets = { readonly values: Readonly<Record<string, string>> } | { readonly failed: string };

/**
 * Asks for the visitors of one request. What concerns them all is found out once: secrets are read when the first visitor needs
 * them, read again when the provider refuses them, and if it still does, no one else is asked for.
 */
export function flagAsker(
  ports: Pick<Ports, "secrets" | "http" | "clock">,
  insight: NonNullable<ProviderDefinition["featureFlags"]>,
  config: Config,
): (question: FlagsQuestion) => Promise<FlagsOutcome> {
  const startedAt = ports.clock.now();
  const ask = askProvider(ports, timeoutMs);
  const { settings, credentials } = config;
  let secrets: Promise<KnownSecrets> | undefined;
  let newer: Promise<KnownSecrets> | undefined;
  let gaveUp: FlagsOutcome | undefined;
  const read = (options?: { refresh: boolean }) => knownSecrets(ports, config, insight.secretsNeeded, options);
  return async (question) => {
    if (gaveUp !== undefined) {
      return gaveUp;
    }
    if (ports.clock.now() - startedAt >= askForMs) {
      return { failed: "the provider is too slow to be asked for every visitor" };
    }
    secrets ??= read();
    const known = await secrets;
    if ("failed" in known) {
      return known;
    }
    const answer = (values: Readonly<Record<string, string>>) => insight.answer(question, { settings, credentials, secrets: values }, ask);
    const first = await answer(known.values);
    if (!("failed" in first) || (first.status !== 401 && first.status !== 403)) {
      return first;
    }
    newer ??= read({ refresh: true });
    const others = await newer;
    if ("failed" in others || !areNewer(others.values, known.values)) {
      gaveUp = first;
      return first;
    }
    secrets = newer;
    return answer(others.values);
  };
}

async function knownSecrets(
  ports: Pick<Ports, "secrets">,
  config: Config,
  names: readonly string[],
  options?: { refresh: boolean },
): Promise<KnownSecrets> {
  try {
    const read = await readSecrets(ports, config, names, options);
    return "missing" in read ? { failed: `the vault does not have the secret of ${read.missing} for this tenant` } : read;
  } catch (error) {
    if (error instanceof Problem && error.code === "store-unavailable") {
      return { failed: "the vault can't answer" };
    }
    throw error;
  }
}
