import type { Stored } from "../ports/document-store.ts";
import { Problem } from "../problems/problem.ts";
import { type ConfigChange, changeConfig } from "./change-config.ts";
import { type Config, hasSameAccess, type StoredVerification } from "./config.ts";
import { type VerifyPorts, verifyOnce } from "./verify-config.ts";

/**
 * Makes a change that ends in `active`, with what its verification found. Throws `verification-failed` for one that failed, unless
 * forced; that is kept nevertheless, if it is of what the config has already.
 * @param edit refuses what is not allowed before anything is asked of the provider
 */
export async function activateConfig(
  ports: VerifyPorts,
  change: ConfigChange,
  edit: (config: Config) => Promise<Config>,
): Promise<Stored<Config>> {
  const verify = verifyOnce(ports, change.definition);
  const seen: { refused?: StoredVerification } = {};
  const stored = await changeConfig(ports, change, async (config) => {
    const edited = await edit(config);
    const verification = await verify(edited);
    if (verification.result !== "failed" || change.force === true) {
      return { ...edited, verification };
    }
    seen.refused = verification;
    return hasSameAccess(config, edited) ? { ...config, verification } : config;
  });
  if (seen.refused !== undefined) {
    throw new Problem("verification-failed", seen.refused.detail, { extensions: { verification: seen.refused } });
  }
  return stored;
}
