import { onTestFinished } from "vitest";
import { makeFolder } from "./make-folder.ts";

/** A folder that goes when the running test ends. */
export function temporaryFolder(): string {
  const { path, remove } = makeFolder();
  onTestFinished(remove);
  return path;
}
