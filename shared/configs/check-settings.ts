import type { Ports } from "../ports/ports.ts";
import { looksLikeSecret } from "../ports/secret-reference.ts";
import { Problem } from "../problems/problem.ts";
import type { ProviderDefinition } from "../providers/definition.ts";

/** Checks what a schema can't: that references are references, and that the URLs are ones we may connect to. */
export async function checkSettings(
  ports: Pick<Ports, "secrets" | "http">,
  definition: ProviderDefinition,
  settings: Readonly<Record<string, unknown>>,
  credentials: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  for (const [name, value] of Object.entries(credentials)) {
    if (name.endsWith("_ref") && value !== undefined) {
      checkReference(ports, `/credentials/${name}`, value);
    }
  }
  for (const url of definition.targets(settings)) {
    const checked = await ports.http.checkTarget(url);
    if (checked !== "ok") {
      const field = Object.keys(settings).find((name) => settings[name] === url);
      throw refused("target-not-allowed", field === undefined ? "" : `/${field}`, checked.refused);
    }
  }
}

function checkReference({ secrets }: Pick<Ports, "secrets">, pointer: string, value: string): void {
  if (looksLikeSecret(value)) {
    // The value is not repeated: it may well be a secret.
    throw refused("secret-in-reference", pointer, "store the secret in the vault and give its name here");
  }
  const checked = secrets.check(value);
  if (checked !== "ok") {
    throw refused("reference-invalid", pointer, checked.refused);
  }
}

function refused(code: "target-not-allowed" | "secret-in-reference" | "reference-invalid", pointer: string, detail: string): Problem {
  return new Problem(code, detail, { extensions: { pointer, errors: [{ pointer, detail }] } });
}
