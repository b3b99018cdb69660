import { appSettings, isApp } from "./app-settings.ts";
import { at, type BicepFile, type Declaration, type Finding, namedChildren } from "./bicep-file.ts";
import { namesMade } from "./evaluate.ts";
import { type Located, propertyAt } from "./expressions.ts";
import { renderings, resourcesOf, typeOf, valuesAt } from "./renderings.ts";
import { neededNames, outputWiring, refusedByPlan, resourceWiring, settingWiring } from "./wiring.ts";

const identity = "Microsoft.ManagedIdentity/userAssignedIdentities";

/** What has to fit each other across modules does; `service` is the name of the app in azure.yaml. */
export function checkWiring(files: readonly BicepFile[], service: string): Finding[] {
  const resources = files.flatMap(({ declarations }) => declarations).filter(({ kind }) => kind === "resource");
  return [
    ...resources.flatMap((resource) => checkResource(resource, files, service)),
    ...resources.filter(isApp).flatMap((app) => checkIdentity(app, files)),
    ...checkSettingValues(files),
    ...checkOutputs(files),
    ...Object.entries(neededNames).flatMap(([type, names]) => checkNeeded(type, names, files)),
  ];
}

function checkResource(resource: Declaration, files: readonly BicepFile[], service: string): Finding[] {
  const { file, node } = resource;
  const wired = Object.entries(resourceWiring[typeOf(resource)] ?? {}).flatMap(([path, wanted]) => {
    const expected = wanted === "[service]" ? service : named(wanted, files);
    const values = valuesAt(resource, path, files);
    if (values.length === 0) return [at(file, node, `${typeOf(resource)}: ${path} must be ${expected}, and is not set`)];
    return unlike(values, expected, files).map((value) =>
      at(file, propertyAt(resource, path)?.node ?? node, `${path} must be ${expected}, not ${value}`),
    );
  });
  const refused = (refusedByPlan[typeOf(resource)] ?? []).filter((path) => valuesAt(resource, path, files).length > 0);
  return [...wired, ...refused.map((path) => at(file, propertyAt(resource, path)?.node ?? node, `${path} is not for this plan`))];
}

/** The app has the one identity, which stands there as the name of a property. */
function checkIdentity(app: Declaration, files: readonly BicepFile[]): Finding[] {
  const given = valuesAt(app, "identity.userAssignedIdentities", files).flatMap(({ node, file }) =>
    namedChildren(node).flatMap((one) => renderings({ node: namedChildren(one)[0]!, file }, files)),
  );
  return given.length === 1 && given[0] === `<${identity}>.id`
    ? []
    : [at(app.file, app.node, "the app does not have the gateway's identity")];
}

const checkSettingValues = (files: readonly BicepFile[]): Finding[] =>
  appSettings(files).flatMap(({ name, value, node, file }) => {
    const wanted = settingWiring[name] ?? settingWiring[/__\w+$/.exec(name)?.[0] ?? ""];
    const expected = wanted && named(wanted, files);
    return expected === undefined
      ? []
      : unlike([value], expected, files).map((one) => at(file, node, `setting ${name} must be ${expected}, not ${one}`));
  });

function checkOutputs(files: readonly BicepFile[]): Finding[] {
  const main = files.find(({ path }) => path.endsWith("main.bicep"));
  if (main === undefined) return [];
  return Object.entries(outputWiring).flatMap(([name, wanted]) => {
    const output = main.declarations.find((one) => one.kind === "output" && one.name === name);
    if (output?.value === undefined) return [at(main, main.root, `no output ${name}, which azd or its hooks read`)];
    const expected = named(wanted, files);
    return unlike([{ node: output.value, file: main }], expected, files).map((one) =>
      at(main, output.node, `output ${name} must be ${expected}, not ${one}`),
    );
  });
}

function checkNeeded(type: string, names: readonly string[], files: readonly BicepFile[]): Finding[] {
  const made = resourcesOf(type, files).flatMap((resource) => namesMade(resource, files));
  const place = resourcesOf(type.split("/").slice(0, -1).join("/"), files)[0];
  if (place === undefined) return [];
  return names.filter((name) => !made.includes(name)).map((name) => at(place.file, place.node, `no ${type} '${name}' is made`));
}

const unlike = (values: readonly Located[], expected: string, files: readonly BicepFile[]): string[] =>
  values.flatMap((value) => renderings(value, files)).filter((text) => text !== expected);

/** With what resources are named in the place of `{type}`. */
const named = (wanted: string, files: readonly BicepFile[]): string =>
  wanted.replace(/\{([\w./]+)\}/g, (whole, type: string) => {
    const resource = resourcesOf(type, files)[0];
    const name = resource && propertyAt(resource, "name");
    return (name && renderings({ node: name.value, file: resource.file }, files)[0]) ?? whole;
  });
