import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../shared/config/settings.ts";
import { mintSigningKey, readSigningKeys } from "../shared/signing/signing-keys.ts";

/**
 * The signing keys that are kept in the data folder where only this user can read them; made when there are none. Throws
 * `ConfigError` for a file that holds something else: receipts signed with a key that is lost could no longer be checked.
 */
export function signingKeysOf(folder: string): string {
  const file = join(folder, "signing-key.pem");
  if (!existsSync(file)) {
    // Under another name first: a process that dies while writing leaves no half a key.
    writeFileSync(`${file}.new`, mintSigningKey(), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  chmodSync(file, 0o600);
  const keys = readFileSync(file, "utf8");
  try {
    readSigningKeys(keys);
  } catch (error) {
    throw new ConfigError(`CARREAU_DATA: signing-key.pem: ${(error as Error).message}`);
  }
  return keys;
}
