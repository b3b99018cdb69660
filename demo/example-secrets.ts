import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { providers } from "../shared/providers/registry.ts";
import { recordingEndpoints } from "./recording-endpoints.ts";

/** The secrets that the example configs of all providers refer to, by name: worth something to the recording provider only. */
export async function exampleSecrets(): Promise<Readonly<Record<string, string>>> {
  const secrets: Record<string, string> = {};
  for (const { slug } of providers) {
    Object.assign(secrets, (await recordingEndpoints(slug)).exampleSecrets);
  }
  return secrets;
}

/**
 * Adds them to the data folder's own file of secrets, before the gateway reads it; what is there stays as it is. A file that can't be read
 * is left to the gateway to complain of.
 */
export async function writeExampleSecrets(folder: string): Promise<void> {
  const file = join(folder, "secrets.json");
  const present = existsSync(file) ? parse(readFileSync(file, "utf8")) : {};
  if (present !== undefined) {
    writeFileSync(file, JSON.stringify({ ...(await exampleSecrets()), ...present }, null, 2), { mode: 0o600 });
  }
}

function parse(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
