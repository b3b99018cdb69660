import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Language, type Node, Parser } from "web-tree-sitter";

/** Something that is wrong with the infrastructure, and where: the file relative to the repository, the line from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** What a Bicep file declares at its top, or a resource within another: `value` is undefined for a parameter without default. */
export interface Declaration {
  readonly kind: "param" | "var" | "resource" | "module" | "output" | "type" | "func";
  readonly name: string;
  readonly node: Node;
  readonly value: Node | undefined;
  readonly file: BicepFile;
  /** Resources: type and version; modules: the path. Otherwise what stands as type. */
  readonly of: string;
  readonly decorators: readonly Node[];
}

export interface BicepFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly absolutePath: string;
  readonly root: Node;
  readonly lines: readonly string[];
  readonly declarations: readonly Declaration[];
}

const kinds: Readonly<Record<string, Declaration["kind"]>> = {
  parameter_declaration: "param",
  variable_declaration: "var",
  resource_declaration: "resource",
  module_declaration: "module",
  output_declaration: "output",
  type_declaration: "type",
  user_defined_function: "func",
};

/** The parser of Bicep; there is no compiler that a developer's machine could be expected to have. */
export async function openParser(): Promise<Parser> {
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(createRequire(import.meta.url).resolve("tree-sitter-bicep/tree-sitter-bicep.wasm")));
  return parser;
}

/** Reads a file of Bicep or of its parameters. */
export function readBicep(parser: Parser, path: string, absolutePath: string): BicepFile {
  const text = readFileSync(absolutePath, "utf8");
  // The grammar knows `param name type` only. In a file of parameters, `param name = value` has the shape of a variable.
  const tree = parser.parse(path.endsWith(".bicepparam") ? text.replace(/^param(?= )/gm, "var  ") : text);
  if (tree === null) throw new Error(`${path}: the parser gave no tree`);
  const declarations: Declaration[] = [];
  const file: BicepFile = { path, absolutePath, root: tree.rootNode, lines: text.split("\n"), declarations };
  declarations.push(...declarationsIn(tree.rootNode, file));
  return file;
}

function declarationsIn(root: Node, file: BicepFile): Declaration[] {
  const found: Declaration[] = [];
  let decorators: Node[] = [];
  for (const node of namedChildren(root)) {
    const kind = kinds[node.type];
    if (kind !== undefined) found.push(declaration(kind, node, file, decorators, ""));
    decorators = node.type === "decorators" ? namedChildren(node) : [];
  }
  return found.flatMap((one) => (one.kind === "resource" ? [one, ...nested(one)] : [one]));
}

function declaration(kind: Declaration["kind"], node: Node, file: BicepFile, decorators: readonly Node[], parent: string): Declaration {
  const [name, ...rest] = namedChildren(node);
  const typed = kind !== "var" && kind !== "type";
  const type = typed ? (rest[0]?.text.replace(/^'|'$/g, "") ?? "") : "";
  const value = typed ? rest.slice(1).at(-1) : rest.at(-1);
  const of = kind === "resource" && parent !== "" && !type.includes(".") ? withParent(parent, type) : type;
  return { kind, name: name?.text ?? "", node, value, file, of, decorators };
}

/** A resource within another names the rest of its type only, and has its version unless it says another. */
function withParent(parent: string, type: string): string {
  const [parentType, parentVersion] = parent.split("@");
  const [rest, version = parentVersion] = type.split("@");
  return `${parentType}/${rest}@${version}`;
}

function nested(outer: Declaration): Declaration[] {
  const body = outer.value && bodyOf(outer.value);
  if (body === undefined) return [];
  const inner = namedChildren(body)
    .flatMap(namedChildren)
    .filter(({ type }) => type === "resource_declaration");
  const found = inner.map((node) => declaration("resource", node, outer.file, [], outer.of));
  return found.flatMap((one) => [one, ...nested(one)]);
}

/** The object of a resource or module, behind its `if` and `for`. */
export function bodyOf(value: Node): Node | undefined {
  if (value.type === "object") return value;
  if (value.type !== "if_statement" && value.type !== "for_statement") return undefined;
  const last = namedChildren(value).at(-1);
  return last && bodyOf(last);
}

/** Is it a reference to a resource that others deploy? */
export const isExisting = ({ node }: Declaration): boolean => node.children.some((child) => child?.text === "existing");

/** The named children, comments and directives left out. */
export const namedChildren = (node: Node): Node[] =>
  node.namedChildren.filter((child): child is Node => child !== null && !/comment/.test(child.type));

/** All nodes of a tree, from the outside to the inside. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) {
    if (child !== null) yield* walk(child);
  }
}

/** A finding at a node of a file. */
export const at = (file: BicepFile, node: Node, message: string): Finding => ({
  file: file.path,
  line: node.startPosition.row + 1,
  message,
});
