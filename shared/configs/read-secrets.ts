import type { Ports } from "../ports/ports.ts";
import { pointerTo } from "../problems/validate.ts";
import type { Config } from "./config.ts";

/**
 * The secrets of a config by the name of their reference, or the name of one that the config does not have or the vault not for its tenant.
 * Throws `Problem("store-unavailable")` when the vault can't answer.
 */
export async function readSecrets(
  ports: Pick<Ports, "secrets">,
  { tenant_id, credentials }: Pick<Config, "tenant_id" | "credentials">,
  names: readonly string[],
  options?: { readonly refresh: boolean },
): Promise<{ readonly values: Readonly<Record<string, string>> } | { readonly missing: string }> {
  const values: Record<string, string> = {};
  for (const name of names) {
    const reference = credentials[name];
    const value = reference === undefined ? "not-found" : await ports.secrets.get(tenant_id, reference, options);
    if (value === "not-found") {
      return { missing: name };
    }
    values[name] = value;
  }
  return { values };
}

/** Whether the vault's secrets are others than those that were refused. */
export const areNewer = (newer: Readonly<Record<string, string>>, refused: Readonly<Record<string, string>>): boolean =>
  Object.entries(newer).some(([name, value]) => refused[name] !== value);

/** The pointer to a reference in a config. */
export const pointerToReference = (name: string): string => `/credentials${pointerTo(name)}`;
