// Installs what is missing, on whatever Node the machine has; everything else runs on the project's own Node.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const projectNode = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");

/**
 * Installs the lockfile's packages when they are not those installed. Not `npm ci`: that refuses a lockfile made on one platform when another
 * platform's optional package is missing in it (https://github.com/npm/cli/issues/4828); `--no-save` leaves the lockfile as it is.
 */
export function setUp() {
  const installed = join(root, "node_modules", ".package-lock.json");
  const lockfile = join(root, "package-lock.json");
  if (existsSync(installed) && existsSync(projectNode) && isSameTree(lockfile, installed)) {
    return;
  }
  process.stderr.write("installing packages (once)\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status } = spawnSync(npm, ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    process.stderr.write("npm install failed: see above\n");
    process.exit(status ?? 1);
  }
}

/** npm writes what it installed beside the packages; optional packages of other platforms are not in it. */
function isSameTree(lockfile, installed) {
  if (statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) {
    return true;
  }
  const [wanted, got] = [lockfile, installed].map((file) => JSON.parse(readFileSync(file, "utf8")).packages);
  return Object.entries(wanted).every(([path, { version, optional }]) => path === "" || optional || got[path]?.version === version);
}
