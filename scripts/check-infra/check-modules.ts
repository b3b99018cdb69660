import { existsSync } from "node:fs";
import { relative } from "node:path";
import { at, type BicepFile, type Declaration, type Finding, namedChildren } from "./bicep-file.ts";
import { callOf, literal, modulePath, type Property, propertiesOf, propertyAt, sources, usedPath } from "./expressions.ts";
import { typeNamed, typeOf } from "./types.ts";

/** What modules are given: each names a file, each parameter exists and has the declared type, none that has no default is missing. */
export const checkModules = (files: readonly BicepFile[]): Finding[] => [
  ...files.flatMap(({ declarations }) => declarations.filter(({ kind }) => kind === "module")).flatMap((one) => checkModule(one, files)),
  ...files.flatMap(({ declarations }) => declarations.filter(({ kind }) => kind === "param")).flatMap((one) => checkDefault(one, files)),
  ...files.filter(({ path }) => path.endsWith(".bicepparam")).flatMap((file) => checkParameterFile(file, files)),
];

function checkModule(module: Declaration, files: readonly BicepFile[]): Finding[] {
  const { file, node, of, name } = module;
  const path = modulePath(module);
  const target = files.find(({ absolutePath }) => absolutePath === path);
  if (target === undefined)
    return [at(file, node, existsSync(path) ? `${of} is outside of the infrastructure` : `module ${name}: no file ${of}`)];
  const params = propertyAt(module, "params");
  const given = params === undefined ? [] : propertiesOf(params.value);
  return [
    ...given.flatMap((one) => checkParameter(one, file, target, files)),
    ...missing(given, target).map((parameter) => at(file, node, `module ${name}: parameter '${parameter}' of ${of} is missing`)),
  ];
}

function checkParameterFile(file: BicepFile, files: readonly BicepFile[]): Finding[] {
  const path = usedPath(file);
  const using = namedChildren(file.root).find(({ type }) => type === "using_statement") ?? file.root;
  const target = files.find(({ absolutePath }) => absolutePath === path);
  if (target === undefined) return [at(file, using, "uses no file of the infrastructure")];
  const given = file.declarations.flatMap(({ name, node, value }) => (value === undefined ? [] : [{ key: name, node, value }]));
  return [
    ...given.flatMap((one) => checkParameter(one, file, target, files)),
    ...missing(given, target).map((parameter) =>
      at(file, using, `parameter '${parameter}' of ${relative("infra", target.path)} is missing`),
    ),
  ];
}

const missing = (given: readonly Property[], target: BicepFile): string[] =>
  target.declarations
    .filter(({ kind, value, of }) => kind === "param" && value === undefined && !of.endsWith("?"))
    .map(({ name }) => name)
    .filter((name) => !given.some(({ key }) => key === name));

function checkParameter({ key, node, value }: Property, file: BicepFile, target: BicepFile, files: readonly BicepFile[]): Finding[] {
  const parameter = target.declarations.find(({ kind, name }) => kind === "param" && name === key);
  if (parameter === undefined) return [at(file, node, `unknown parameter '${key}' of ${relative("infra", target.path)}`)];
  const expected = typeNamed(parameter.of);
  const actual = typeOf({ node: value, file });
  if (expected !== undefined && actual !== undefined && actual !== "null" && actual !== expected) {
    return [at(file, node, `parameter '${key}' is ${expected}, not ${actual}`)];
  }
  return sources({ node: value, file }, files).flatMap((one) => checkValue(literal(one.node), parameter, at(file, node, "")));
}

/** A default is held to what the parameter itself allows. */
function checkDefault(parameter: Declaration, files: readonly BicepFile[]): Finding[] {
  const { value, file, node } = parameter;
  if (value === undefined) return [];
  return sources({ node: value, file }, files).flatMap((one) => checkValue(literal(one.node), parameter, at(file, node, "")));
}

/** What its decorators say of a value that is written down: `@allowed`, `@minValue`, `@maxValue`. */
function checkValue(value: ReturnType<typeof literal>, { name, decorators }: Declaration, place: Finding): Finding[] {
  const calls = decorators.flatMap(namedChildren).map(callOf);
  const argument = (decorator: string) => calls.find((call) => call?.name === decorator)?.args[0];
  const list = argument("allowed");
  const allowed = list && namedChildren(list).map(literal);
  if (value !== undefined && allowed !== undefined && !allowed.includes(value)) {
    return [
      { ...place, message: `parameter '${name}': ${typeof value === "string" ? `'${value}'` : value} is not one of ${allowed.join(", ")}` },
    ];
  }
  const [least, most] = ["minValue", "maxValue"].map((decorator) => Number(argument(decorator)?.text));
  if (typeof value !== "number") return [];
  if (value < least!) return [{ ...place, message: `parameter '${name}': ${value} is less than ${least}` }];
  return value > most! ? [{ ...place, message: `parameter '${name}': ${value} is more than ${most}` }] : [];
}
