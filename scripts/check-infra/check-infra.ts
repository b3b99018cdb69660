import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Parser } from "web-tree-sitter";
import { type Finding, readBicep } from "./bicep-file.ts";
import { checkAlwaysReady } from "./check-always-ready.ts";
import { checkData } from "./check-data.ts";
import { checkHardening } from "./check-hardening.ts";
import { checkModules } from "./check-modules.ts";
import { checkNames } from "./check-names.ts";
import { checkPrivateNetwork } from "./check-private-network.ts";
import { checkReferences } from "./check-references.ts";
import { checkResources } from "./check-resources.ts";
import { checkRoles } from "./check-roles.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkSettings } from "./check-settings.ts";
import { checkSyntax } from "./check-syntax.ts";
import { checkWiring } from "./check-wiring.ts";
import { functionsSettings } from "./code-settings.ts";
import type { RegisteredFunctions } from "./registered-functions.ts";

/** What a check found, and what it looked at. */
export interface InfraReport {
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly resources: number;
  readonly settings: number;
}

/**
 * Checks the Bicep of a tree against the schemas of its resources and against the code. `root` holds `azure.yaml`, `infra/`,
 * `shared/config/` and `shared/ports/containers.json`; `functions` are those that the code registers.
 */
export function checkInfra(parser: Parser, root: string, functions: RegisteredFunctions): InfraReport {
  const paths = globSync("infra/**/*.{bicep,bicepparam}", { cwd: root }).sort();
  const files = paths.map((path) => readBicep(parser, path, join(root, path)));
  if (!existsSync(join(root, "infra/main.bicep"))) throw new Error(`no infra/main.bicep in ${root}`);
  const text = (path: string): string => readFileSync(join(root, path), "utf8");
  const read = functionsSettings(text("shared/config/azure-config.ts"), text("shared/config/settings.ts"));
  const queues = functions.listeners.map(({ queue }) => queue);
  const connections = functions.listeners.map(({ connection }) => connection);
  const syntax = files.flatMap(checkSyntax);
  const resources = files.flatMap(({ declarations }) => declarations).filter(({ kind }) => kind === "resource");
  // What the grammar could not read would only be found again, in worse words.
  const findings =
    syntax.length > 0
      ? syntax
      : [
          ...checkNames(files),
          ...checkModules(files),
          ...checkResources(files, join(root, "infra/schemas")),
          ...checkReferences(files, join(root, "infra/schemas")),
          ...checkWiring(files, serviceIn(text("azure.yaml"))),
          ...checkPrivateNetwork(files),
          ...checkSettings(files, read, connections),
          ...checkAlwaysReady(files, functions),
          ...checkData(files, Object.keys(JSON.parse(text("shared/ports/containers.json"))), queues),
          ...checkRoles(files),
          ...checkSecrets(files),
          ...checkHardening(files),
        ];
  for (const { root: tree } of files) tree.tree.delete();
  const once = [...new Map(findings.map((one) => [`${one.file}:${one.line} ${one.message}`, one])).values()];
  const sorted = once.sort((one, other) => one.file.localeCompare(other.file) || one.line - other.line);
  return { findings: sorted, files: files.length, resources: resources.length, settings: read.length };
}

/** The name of the one service in azure.yaml. */
const serviceIn = (yaml: string): string => /^services:\n {2}(\w+):/m.exec(yaml)?.[1] ?? "a service of azure.yaml";
