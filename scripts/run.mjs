// Runs a file with the project's own Node (decision: docs/adr/0001), after installing what is missing: node scripts/run.mjs FILE [ARG …]
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { projectNode, root, setUp } from "./setup.mjs";

setUp();
const path = [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
const child = spawn(projectNode, ["--disable-warning=ExperimentalWarning", ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, PATH: path },
});
// A terminal's Ctrl-C reaches the child by itself; a signal to this process alone must be passed on.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
