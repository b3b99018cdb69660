// npm run check:infra: checks infra/*.bicep without Azure, without its compiler and without a network.
import { join } from "node:path";
import { openParser } from "./check-infra/bicep-file.ts";
import { checkInfra } from "./check-infra/check-infra.ts";
import { registeredFunctions } from "./check-infra/registered-functions.ts";

const root = join(import.meta.dirname, "..");
const { findings, files, resources, settings } = checkInfra(await openParser(), root, registeredFunctions());
for (const { file, line, message } of findings) console.log(`${file}:${line}: ${message}`);
console.log(
  findings.length === 0
    ? `infra: ${files} files, ${resources} resources and ${settings} settings agree with their schemas and with the code`
    : `infra: ${findings.length} findings`,
);
process.exitCode = findings.length === 0 ? 0 : 1;
