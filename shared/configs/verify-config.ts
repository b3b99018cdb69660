import type { Stored } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { redactAnswer, withoutSecrets } from "../privacy/redact.ts";
import { Problem } from "../problems/problem.ts";
import { failed, type ProviderDefinition, type Verification } from "../providers/definition.ts";
import { askProvider } from "./ask-provider.ts";
import { type ConfigChange, changeConfig } from "./change-config.ts";
import { type Config, hasSameAccess, type StoredVerification } from "./config.ts";
import { pointerToReference, readSecrets } from "./read-secrets.ts";

export type VerifyPorts = Pick<Ports, "store" | "secrets" | "http" | "clock" | "log">;

/** Of one question, from the call to the last byte of the answer. */
const questionMs = 10_000;
/** Of all questions of a verification. */
const verificationMs = 25_000;
const detailCharsMax = 1000;

/** Verifies a config as it is and keeps what was found beside it, until settings or credentials change. */
export const verifyConfig =
  (ports: VerifyPorts) =>
  (change: ConfigChange): Promise<Stored<Config>> => {
    const verify = verifyOnce(ports, change.definition);
    return changeConfig(ports, change, async (config) => {
      if (config.status === "decommissioned") {
        throw new Problem("conflict", "a decommissioned config has no credentials any more");
      }
      return { ...config, verification: await verify(config) };
    });
  };

/**
 * Verifies for a change that may have to start over: the provider is asked once. Throws `conflict` when the config has other settings
 * or credentials by then.
 */
export function verifyOnce(ports: VerifyPorts, definition: ProviderDefinition): (config: Config) => Promise<StoredVerification> {
  let known: { readonly config: Config; readonly verification: StoredVerification } | undefined;
  return async (config) => {
    known ??= { config, verification: await verification(ports, definition, config) };
    if (!hasSameAccess(known.config, config)) {
      throw new Problem("conflict", "the config's settings or credentials changed while they were verified; try again");
    }
    return known.verification;
  };
}

/**
 * Lets the provider's definition find out what the config's credentials are worth. Whatever provider or definition do, there is a
 * result; throws `Problem("store-unavailable")` when the vault can't answer.
 */
async function verification(ports: VerifyPorts, definition: ProviderDefinition, config: Config): Promise<StoredVerification> {
  const names = Object.keys(config.credentials).filter((name) => name.endsWith("_ref"));
  // As the vault has them now: who has just replaced one wants to know about the new one.
  const read = await readSecrets(ports, config, names, { refresh: true });
  const secrets = "values" in read ? read.values : {};
  const found =
    "missing" in read
      ? failed(`${pointerToReference(read.missing)}: the vault does not have this secret for this tenant`)
      : await withinTime(ports, config, () => ask(ports, definition, config, secrets));
  const { result, detail, answer, capabilities } = found;
  const values = Object.values(secrets);
  return {
    result,
    detail: withoutSecrets(detail, values).slice(0, detailCharsMax),
    ...(answer === undefined ? {} : { answer: { status: answer.status, body: redactAnswer(answer.body, values) } }),
    ...(capabilities === undefined ? {} : { capabilities }),
    verified_at: new Date(ports.clock.now()).toISOString(),
  };
}

const noWay: Verification = { result: "unverifiable", detail: "there is no way to verify a config of this provider" };

async function ask(
  ports: VerifyPorts,
  definition: ProviderDefinition,
  { settings, credentials }: Config,
  secrets: Readonly<Record<string, string>>,
): Promise<Verification> {
  return definition.verify?.({ settings, credentials, secrets }, askProvider(ports, questionMs), ports.clock.now()) ?? noWay;
}

/** The verification, or one that failed for taking too long or for an error of ours, whose message might hold anything. */
async function withinTime({ clock, log }: VerifyPorts, config: Config, verify: () => Promise<Verification>): Promise<Verification> {
  let cancel = () => {};
  const tooLong = new Promise<Verification>((resolve) => {
    cancel = clock.at(clock.now() + verificationMs, () => resolve(failed("the provider took too long to answer")));
  });
  const verified = verify().catch((error: unknown) => {
    const name = error instanceof Error ? error.name : typeof error;
    log.error({ event: "verification_threw", provider: config.provider, config_id: config.id, error: name });
    return failed("the gateway could not make sense of the provider's answers");
  });
  return Promise.race([verified, tooLong]).finally(() => cancel());
}
