// npm run start:azure [-- --emulators | --local-settings]: the gateway on Azure's services, on our test servers of them, or on the emulators that
// azure/local.settings.example.json names.
import { readFileSync } from "node:fs";

const isEmulated = process.argv.includes("--emulators");
if (process.argv.includes("--local-settings")) {
  const { Values: values } = JSON.parse(readFileSync(new URL("../azure/local.settings.example.json", import.meta.url), "utf8"));
  Object.assign(process.env, { ...values, ...process.env });
}
process.argv.splice(2, process.argv.length, isEmulated ? "test/emulators/start-azure.ts" : "functions/azure.ts");
await import("./run.mjs");
