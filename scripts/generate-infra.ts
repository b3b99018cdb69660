// npm run generate:infra: writes what infra/ takes from the code, the list of queues.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { queueSettings } from "../shared/composition/queue-settings.ts";
import { providers } from "../shared/providers/registry.ts";
import { infraFiles } from "./infra-files.ts";

const root = join(import.meta.dirname, "..");
for (const [path, content] of Object.entries(infraFiles(providers, queueSettings))) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  console.log(path);
}
