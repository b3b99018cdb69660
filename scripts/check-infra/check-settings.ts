import { appSettings, isApp, unreadableSettings } from "./app-settings.ts";
import { at, type BicepFile, type Finding } from "./bicep-file.ts";
import type { CodeSetting } from "./code-settings.ts";
import { propertyAt } from "./expressions.ts";
import { leftOutSettings } from "./left-out-settings.ts";
import { connectionSuffixes, platformSettings } from "./platform-settings.ts";

/**
 * What the code and the platform read is set, and nothing else is. `connections` are the prefixes under which functions tell the host
 * where their queues are.
 */
export function checkSettings(files: readonly BicepFile[], read: readonly CodeSetting[], connections: readonly string[]): Finding[] {
  const app = files.flatMap(({ declarations }) => declarations).find(isApp);
  if (app === undefined) return [{ file: "infra", line: 1, message: "no function app" }];
  if (read.length === 0) return [{ file: "shared/config", line: 1, message: "no settings could be read" }];
  const place = propertyAt(app, "properties.siteConfig.appSettings")?.node ?? app.node;
  const set = appSettings(files);
  const needed = new Map([
    ...Object.entries(platformSettings),
    ...connections.flatMap((prefix) => connectionSuffixes.map((suffix) => [prefix + suffix, "the host needs it for a queue"] as const)),
    ...read.filter(({ name }) => !(name in leftOutSettings)).map(({ name }) => [name, "the code reads it"] as const),
  ]);
  const twice = set.filter(({ name }, index) => set.findIndex((one) => one.name === name) < index);
  return [
    ...unreadableSettings(files),
    ...[...needed]
      .filter(([name]) => !set.some((one) => one.name === name))
      .map(([name, why]) => at(app.file, place, `setting ${name} is not set: ${why}`)),
    ...set
      .filter(({ name }) => !needed.has(name))
      .map(({ name, node, file }) => at(file, node, `setting ${name} is not to be set: ${leftOutSettings[name] ?? "nothing reads it"}`)),
    ...twice.map(({ name, node, file }) => at(file, node, `setting ${name} is set twice`)),
    ...leftOutWrongly(read),
  ];
}

/** Only what the code reads and can do without may be left out. */
function leftOutWrongly(read: readonly CodeSetting[]): Finding[] {
  return Object.keys(leftOutSettings).flatMap((name) => {
    const setting = read.find((one) => one.name === name);
    if (setting?.optional === true) return [];
    const message = setting === undefined ? `the code does not read ${name}` : `the code needs ${name}`;
    return [{ file: "scripts/check-infra/left-out-settings.ts", line: 1, message }];
  });
}
