import type { Secrets } from "../ports/secrets.ts";
import { Problem } from "../problems/problem.ts";
import { adminKeyCharsMin } from "../tenants/admin-key.ts";

/** Reads a secret of the gateway's own from the vault when it is asked for. Throws `store-unavailable` when the vault has none. */
export const keptSecret = (secrets: Pick<Secrets, "getOwn">, reference: string, what: string) => async (): Promise<string> => {
  const value = await secrets.getOwn(reference);
  if (value === "not-found") {
    throw new Problem("store-unavailable", `the vault holds no ${what}`);
  }
  return value;
};

/**
 * Reads the admin key from the vault when it is asked for, without the line break that a file brings along. Throws `store-unavailable` when the
 * vault has none, or one so short that it could be guessed; the log then names the setting.
 */
export const keptAdminKey = (secrets: Pick<Secrets, "getOwn">, reference: string) => {
  const read = keptSecret(secrets, reference, "admin key");
  return async (): Promise<string> => {
    const key = (await read()).trim();
    if (key.length < adminKeyCharsMin) {
      const cause = new Error(`CARREAU_ADMIN_KEY_REF: the secret ${reference} has fewer than ${adminKeyCharsMin} characters`);
      throw new Problem("store-unavailable", "the vault holds no admin key that is long enough", { cause });
    }
    return key;
  };
};
