import { at, type BicepFile, type Declaration, type Finding, namedChildren } from "./bicep-file.ts";
import { type Located, plainText, property, propertyAt, sources } from "./expressions.ts";

/** An app setting that Bicep sets. */
export interface AppSetting extends Located {
  readonly name: string;
  readonly value: Located;
}

/** Is it the function app? */
export const isApp = ({ kind, of }: Declaration): boolean => kind === "resource" && of.startsWith("Microsoft.Web/sites@");

/** Where the settings of the function apps are written, those of either way of a condition included. */
const elements = (files: readonly BicepFile[]): Located[] =>
  files
    .flatMap(({ declarations }) => declarations)
    .filter(isApp)
    .flatMap((app) => {
      const given = propertyAt(app, "properties.siteConfig.appSettings");
      return given === undefined ? [] : sources({ node: given.value, file: app.file }, files);
    })
    .flatMap(({ node, file }) => (node.type === "array" ? namedChildren(node) : [node]).map((element) => ({ node: element, file })));

function settingAt({ node, file }: Located): AppSetting | undefined {
  const value = property(node, "value");
  const name = property(node, "name");
  const text = name && plainText(name.value);
  return text === undefined || value === undefined ? undefined : { name: text, value: { node: value.value, file }, node, file };
}

/** The settings of every function app. */
export const appSettings = (files: readonly BicepFile[]): AppSetting[] => elements(files).flatMap((one) => settingAt(one) ?? []);

/** A setting whose name is computed could be any setting. */
export const unreadableSettings = (files: readonly BicepFile[]): Finding[] =>
  elements(files)
    .filter((one) => settingAt(one) === undefined)
    .map(({ node, file }) => at(file, node, "the name of a setting cannot be read"));
