import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own, for a suite that removes it itself. */
export function makeFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "carreau-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
