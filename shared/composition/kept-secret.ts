import type { Secrets } from "../ports/secrets.ts";
import { Problem } from "../problems/problem.ts";

/** Reads a secret of the gateway's own from the vault when it is asked for. Throws `store-unavailable` when the vault has none. */
export const keptSecret = (secrets: Pick<Secrets, "get">, reference: string, what: string) => async (): Promise<string> => {
  const value = await secrets.get(reference);
  if (value === "not-found") {
    throw new Problem("store-unavailable", `the vault holds no ${what}`);
  }
  return value;
};
