import type { Node } from "web-tree-sitter";
import { type BicepFile, bodyOf, type Declaration, namedChildren } from "./bicep-file.ts";

/** A property as it is written. */
export interface Property {
  readonly key: string;
  readonly node: Node;
  readonly value: Node;
}

/** An expression and the file whose names it uses. */
export interface Located {
  readonly node: Node;
  readonly file: BicepFile;
}

/** The text of a string without interpolation. */
export function plainText(node: Node): string | undefined {
  if (node.type !== "string") return undefined;
  const parts = namedChildren(node);
  if (parts.some(({ type }) => type === "interpolation")) return undefined;
  return node.text.slice(1, -1).replaceAll("\\'", "'");
}

/** The value of a literal: a string without interpolation, a number, a truth value, null. */
export function literal(node: Node): string | number | boolean | null | undefined {
  if (node.text === "true" || node.text === "false") return node.text === "true";
  if (node.type === "null") return null;
  return node.type === "number" ? Number(node.text) : plainText(node);
}

/** The properties of an object; those whose name is computed and nested resources are left out. */
export function propertiesOf(object: Node): Property[] {
  return namedChildren(object).flatMap((node) => {
    const [name, value] = namedChildren(node);
    if (node.type !== "object_property" || name === undefined || value === undefined) return [];
    const key = name.type === "identifier" ? name.text : plainText(name);
    return key === undefined ? [] : [{ key, node, value }];
  });
}

/** The property of an object by name. */
export const property = (object: Node, key: string): Property | undefined => propertiesOf(object).find((one) => one.key === key);

/** The property at the end of a path such as `properties.siteConfig.minTlsVersion`, as it is written in a resource or module. */
export function propertyAt({ value }: Declaration, path: string): Property | undefined {
  let object = value && bodyOf(value);
  let found: Property | undefined;
  for (const key of path.split(".")) {
    found = object && property(object, key);
    object = found?.value;
  }
  return found;
}

const parametersOf = (call: Node): Node[] => namedChildren(call).slice(-1).flatMap(namedChildren);

/** The name and the arguments of a call of a function that is not a method. */
export function callOf(node: Node): { name: string; args: Node[] } | undefined {
  const [callee] = namedChildren(node);
  return node.type === "call_expression" && callee?.type === "identifier" ? { name: callee.text, args: parametersOf(node) } : undefined;
}

/**
 * What an expression may become: both ways of a condition, what a name stands for, what callers pass for a parameter, what a module makes its
 * output of.
 */
export function sources(start: Located, files: readonly BicepFile[]): Located[] {
  const seen = new Set<string>();
  const follow = ({ node, file }: Located): Located[] => {
    if (node.type === "parenthesized_expression") return namedChildren(node).flatMap((inner) => follow({ node: inner, file }));
    if (node.type === "ternary_expression") {
      return namedChildren(node)
        .slice(1)
        .flatMap((branch) => follow({ node: branch, file }));
    }
    const call = callOf(node);
    if (call !== undefined && ["union", "concat", "flatten"].includes(call.name)) {
      return call.args.flatMap((argument) => follow({ node: argument, file }));
    }
    const output = outputMeant({ node, file }, files);
    if (output?.value !== undefined) return follow({ node: output.value, file: output.file });
    const isNamed = (one: Declaration): boolean => ["param", "var"].includes(one.kind) && one.name === node.text;
    const declared = node.type === "identifier" ? file.declarations.find(isNamed) : undefined;
    if (declared === undefined) return [{ node, file }];
    if (seen.has(`${file.path} ${declared.name}`)) return [];
    seen.add(`${file.path} ${declared.name}`);
    const passed = declared.kind === "param" ? passedFor(declared, files) : [];
    const values = declared.value !== undefined && passed.length === 0 ? [{ node: declared.value, file }, ...passed] : passed;
    return values.length === 0 ? [{ node, file }] : values.flatMap(follow);
  };
  return follow(start);
}

/** The output of a module that `name.outputs.output` means. */
function outputMeant({ node, file }: Located, files: readonly BicepFile[]): Declaration | undefined {
  const [, name, output] = node.type === "member_expression" ? (/^(\w+)!?\.outputs\.\??(\w+)$/.exec(node.text) ?? []) : [];
  const module = file.declarations.find((one) => one.kind === "module" && one.name === name);
  const target = module && files.find(({ absolutePath }) => absolutePath === modulePath(module));
  return target?.declarations.find((one) => one.kind === "output" && one.name === output);
}

/** What is given for a parameter: by the callers of a module, and by files of parameters. */
export function passedFor(parameter: Declaration, files: readonly BicepFile[]): Located[] {
  const byModules = files.flatMap((file) =>
    file.declarations
      .filter((one) => one.kind === "module" && modulePath(one) === parameter.file.absolutePath)
      .flatMap((one) => {
        const given = propertyAt(one, `params.${parameter.name}`);
        return given === undefined ? [] : [{ node: given.value, file }];
      }),
  );
  const byFiles = files
    .filter((file) => usedPath(file) === parameter.file.absolutePath)
    .flatMap((file) =>
      file.declarations.flatMap(({ name, value }) => (name === parameter.name && value !== undefined ? [{ node: value, file }] : [])),
    );
  return [...byModules, ...byFiles];
}

const pathFrom = (file: BicepFile, path: string): string => new URL(path, `file://${file.absolutePath}`).pathname;

/** The file that a module names. */
export const modulePath = ({ of, file }: Declaration): string => pathFrom(file, of);

/** The file whose parameters a file of parameters gives. */
export function usedPath(file: BicepFile): string | undefined {
  const using = namedChildren(file.root).find(({ type }) => type === "using_statement");
  const path = using?.text.match(/'(.+)'/)?.[1];
  return path === undefined ? undefined : pathFrom(file, path);
}
