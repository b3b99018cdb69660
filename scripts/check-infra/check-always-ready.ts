import { isApp } from "./app-settings.ts";
import { at, type BicepFile, type Finding } from "./bicep-file.ts";
import { evaluated } from "./evaluate.ts";
import { type Located, propertyAt, sources } from "./expressions.ts";
import type { RegisteredFunctions } from "./registered-functions.ts";

/** Functions that scale together, and not under their own names ("Flex Consumption: per-function scaling"). */
const groups = new Set(["http", "blob", "durable"]);

/** Always-ready instances are for functions that the code registers, and for each that empties a queue. */
export function checkAlwaysReady(files: readonly BicepFile[], { listeners, timers }: RegisteredFunctions): Finding[] {
  const known = new Set([...listeners.map(({ name }) => name), ...timers].map((name) => `function:${name}`));
  const apps = files.flatMap(({ declarations }) => declarations).filter(isApp);
  return apps.flatMap((app) => {
    const ready = propertyAt(app, "properties.functionAppConfig.scaleAndConcurrency.alwaysReady");
    if (ready === undefined) return [];
    const named = sources({ node: ready.value, file: app.file }, files).flatMap((part) => namesIn(part, files));
    const lacking = listeners.filter(({ name }) => !named.some((one) => one.name === `function:${name}`));
    return [
      ...named
        .filter(({ name }) => name === undefined || !(groups.has(name) || known.has(name)))
        .map(({ name, part }) =>
          at(part.file, part.node, name === undefined ? "the names of always-ready functions cannot be read" : `the code has no '${name}'`),
        ),
      ...lacking.map(({ name }) => at(app.file, ready.node, `function ${name} empties a queue and has no always-ready instances`)),
    ];
  });
}

function namesIn(part: Located, files: readonly BicepFile[]): { name: string | undefined; part: Located }[] {
  const value = evaluated(part, files);
  if (!Array.isArray(value)) return [{ name: undefined, part }];
  return value.map((one: unknown) => {
    const name = (one as { readonly name?: unknown } | undefined)?.name;
    return { name: typeof name === "string" ? name : undefined, part };
  });
}
