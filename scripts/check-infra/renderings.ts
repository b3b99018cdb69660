import type { Node } from "web-tree-sitter";
import { type BicepFile, bodyOf, type Declaration, namedChildren } from "./bicep-file.ts";
import { type Located, literal, property, propertyAt, sources } from "./expressions.ts";

/** The variable of a loop, and the element that it stands for. */
export type Locals = ReadonlyMap<string, Located>;
const noLocals: Locals = new Map();

/**
 * What an expression may become, as text that no longer depends on how things are named here: `<type>.id` for what is known of a resource
 * when it is deployed, what it is named after for its name, what can't be followed as it is written.
 */
export const renderings = (start: Located, files: readonly BicepFile[], locals: Locals = noLocals): string[] =>
  sources(start, files).flatMap((leaf) => rendered(leaf, files, locals));

function rendered({ node, file }: Located, files: readonly BicepFile[], locals: Locals): string[] {
  const simple = literal(node);
  if (simple !== undefined) return [String(simple)];
  if (node.type === "string") {
    return namedChildren(node).reduce<string[]>(
      (texts, part) => {
        const inner = part.type === "interpolation" ? renderings({ node: namedChildren(part)[0]!, file }, files, locals) : [part.text];
        return texts.flatMap((text) => inner.map((more) => text + more));
      },
      [""],
    );
  }
  const [object, member] = node.type === "member_expression" ? namedChildren(node) : [];
  const local = object && locals.get(object.text);
  const element = local && member && property(local.node, member.text);
  if (local && element) return renderings({ node: element.value, file: local.file }, files);
  const resource = resourceMeant(node, file);
  if (resource === undefined) return [node.text];
  const rest = node.text.slice(rootOf(node).text.length);
  const name = rest === ".name" ? propertyAt(resource, "name") : undefined;
  return name === undefined ? [`<${typeOf(resource)}>${rest}`] : renderings({ node: name.value, file }, files, locals);
}

/** The type of a resource, without its version. */
export const typeOf = ({ of }: Declaration): string => of.split("@")[0] ?? "";

/** The name, or the element of a loop's resources, that a chain of members begins with. */
function rootOf(node: Node): Node {
  const [object] = namedChildren(node);
  return node.type === "member_expression" && object !== undefined ? rootOf(object) : node;
}

/** The resource of which an expression names a member. */
export function resourceMeant(node: Node, file: BicepFile): Declaration | undefined {
  const root = rootOf(node);
  const name = root.type === "subscript_expression" ? namedChildren(root)[0] : root;
  return file.declarations.find((one) => one.kind === "resource" && one.name === name?.text);
}

/** What stands at the end of a path in a resource, wherever on the way names, conditions and unions lead; none: it is not set. */
export function valuesAt(resource: Declaration, path: string, files: readonly BicepFile[]): Located[] {
  const body = resource.value && bodyOf(resource.value);
  return body === undefined ? [] : within({ node: body, file: resource.file }, path.split("."), files);
}

function within(start: Located, [key, ...rest]: readonly string[], files: readonly BicepFile[]): Located[] {
  const parts = sources(start, files);
  if (key === undefined) return parts;
  return parts.flatMap(({ node, file }) => {
    const found = node.type === "object" ? property(node, key) : undefined;
    return found === undefined ? [] : within({ node: found.value, file }, rest, files);
  });
}

/** The resources of a type in all files. */
export const resourcesOf = (type: string, files: readonly BicepFile[]): Declaration[] =>
  files.flatMap(({ declarations }) => declarations).filter((one) => one.kind === "resource" && typeOf(one) === type);
