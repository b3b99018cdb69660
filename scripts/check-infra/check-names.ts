import type { Node } from "web-tree-sitter";
import { at, type BicepFile, type Declaration, type Finding, namedChildren, walk } from "./bicep-file.ts";
import { callOf, modulePath } from "./expressions.ts";

/**
 * Bicep's functions that we use or might, and how many arguments they take at least and at most; one that is missing here is a line away, one
 * that doesn't exist is found.
 */
const functions: Readonly<Record<string, readonly [number, number]>> = Object.fromEntries(
  [
    ["deployer deployment environment managementGroup newGuid resourceGroup subscription tenant utcNow", 0, 2],
    [
      "any array base64 bool empty first flatten int items json last length mapValues objectKeys parseCidr string toLower toUpper trim",
      1,
      1,
    ],
    ["uriComponent", 1, 1],
    ["loadJsonContent loadTextContent", 1, 3],
    ["concat format guid max min uniqueString coalesce intersection", 1, 99],
    ["readEnvironmentVariable listKeys list getSecret reference", 1, 4],
    ["contains endsWith filter groupBy indexOf join map range skip sort split startsWith take uri", 2, 2],
    ["cidrSubnet padLeft reduce replace resourceId subscriptionResourceId substring tenantResourceId toObject", 2, 99],
    ["shallowMerge", 1, 1],
    ["union", 2, 99],
  ].flatMap(([names, least, most]) =>
    String(names)
      .split(" ")
      .map((name) => [name, [Number(least), Number(most)]] as const),
  ),
);
const namespaces = new Set(["az", "sys"]);

/** Every name is declared once, every output of a module exists, and nothing is declared that is not used. */
export const checkNames = (files: readonly BicepFile[]): Finding[] =>
  files
    .filter(({ path }) => path.endsWith(".bicep"))
    .flatMap((file) => [...unknownNames(file), ...unknownOutputs(file, files), ...unused(file), ...declaredTwice(file)]);

function unknownNames(file: BicepFile): Finding[] {
  const declared = new Set(file.declarations.filter(({ kind }) => kind !== "output").map(({ name }) => name));
  return uses(file).flatMap(({ node, locals }) => {
    if (declared.has(node.text) || locals.has(node.text) || namespaces.has(node.text)) return [];
    const isCalled = node.parent?.type === "call_expression" && node.parent.namedChild(0)?.id === node.id;
    const [least, most] = (isCalled && functions[node.text]) || [];
    if (least === undefined || most === undefined) return [at(file, node, `nothing is named '${node.text}'`)];
    const count = callOf(node.parent!)?.args.length ?? 0;
    return count < least || count > most ? [at(file, node, `${node.text}() does not take ${count} arguments`)] : [];
  });
}

interface Use {
  readonly node: Node;
  readonly locals: ReadonlySet<string>;
}

/** The names that a file uses, with those of loops and lambdas around them. Names that declare, and words of types and decorators, are none. */
function uses(file: BicepFile): Use[] {
  const collect = (node: Node, locals: ReadonlySet<string>): Use[] => {
    if (node.type === "decorators" || node.type === "type" || node.type === "target_scope_assignment") return [];
    if (node.type === "identifier") return [{ node, locals }];
    const [first, ...rest] = namedChildren(node);
    if (first === undefined) return [];
    if (/_declaration$/.test(node.type)) return rest.flatMap((child) => collect(child, locals));
    if (node.type === "object_property" && first.type === "identifier") return rest.flatMap((child) => collect(child, locals));
    if (node.type === "for_statement" || node.type === "lambda_expression") {
      const names = first.type === "identifier" ? [first.text] : namedChildren(first).map(({ text }) => text);
      const inner = new Set([...locals, ...names]);
      return rest.flatMap((child) => collect(child, inner));
    }
    return [first, ...rest].flatMap((child) => collect(child, locals));
  };
  return namedChildren(file.root)
    .filter(({ type }) => type !== "import_functionality" && type !== "user_defined_function" && type !== "type_declaration")
    .flatMap((node) => collect(node, new Set()));
}

function unknownOutputs(file: BicepFile, files: readonly BicepFile[]): Finding[] {
  const modules = file.declarations.filter(({ kind }) => kind === "module");
  return [...walk(file.root)].flatMap((node) => {
    const [, name, output] = node.type === "member_expression" ? (/^(\w+)!?\.outputs\.\??(\w+)$/.exec(node.text) ?? []) : [];
    const module = modules.find((one) => one.name === name);
    const target = module && files.find(({ absolutePath }) => absolutePath === modulePath(module));
    return target === undefined || target.declarations.some((one) => one.kind === "output" && one.name === output)
      ? []
      : [at(file, node, `module ${name} has no output '${output}'`)];
  });
}

const mayBeUnused = ({ kind }: Declaration): boolean => kind === "param" || kind === "var";

function unused(file: BicepFile): Finding[] {
  const used = new Set(uses(file).map(({ node }) => node.text));
  return file.declarations
    .filter((one) => mayBeUnused(one) && !used.has(one.name))
    .map(({ kind, name, node }) => at(file, node, `${kind} ${name} is used by nothing`));
}

/** Outputs have names of their own; everything else shares one list of names. */
function declaredTwice({ declarations }: BicepFile): Finding[] {
  const isOutput = ({ kind }: Declaration): boolean => kind === "output";
  return declarations
    .filter((one, index) => declarations.slice(0, index).some((other) => other.name === one.name && isOutput(other) === isOutput(one)))
    .map(({ name, node, file }) => at(file, node, `'${name}' is declared twice`));
}
