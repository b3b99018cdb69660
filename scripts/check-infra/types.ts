import { callOf, type Located, literal } from "./expressions.ts";

/** Types by the names that JSON schema has for them. */
export type TypeName = "string" | "integer" | "boolean" | "object" | "array" | "null";

const declared: Readonly<Record<string, TypeName>> = {
  string: "string",
  int: "integer",
  bool: "boolean",
  object: "object",
  array: "array",
};

/** The type that a declaration such as `int` or `string?` means; undefined for unions and types of our own. */
export const typeNamed = (text: string): TypeName | undefined => (text.endsWith("[]") ? "array" : declared[text.replace(/\?$/, "")]);

const byNode: Readonly<Record<string, TypeName>> = { object: "object", array: "array", for_statement: "array", string: "string" };
const byFunction: Readonly<Record<string, TypeName>> = {
  concat: "array",
  map: "array",
  filter: "array",
  items: "array",
  split: "array",
  string: "string",
  toLower: "string",
  uniqueString: "string",
  guid: "string",
  format: "string",
  subscriptionResourceId: "string",
  resourceId: "string",
  int: "integer",
  length: "integer",
  bool: "boolean",
  empty: "boolean",
  contains: "boolean",
};

/** The type of an expression as far as its own words tell it. */
export function typeOf({ node, file }: Located): TypeName | undefined {
  const value = literal(node);
  if (value === null) return "null";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return "integer";
  if (node.type === "identifier") {
    const parameter = file.declarations.find(({ kind, name }) => kind === "param" && name === node.text);
    return parameter && typeNamed(parameter.of);
  }
  if (node.type === "unary_expression" && node.text.startsWith("!")) return "boolean";
  if (node.type === "binary_expression" && node.children.some((child) => /^(?:==|!=|=~|!~|<=?|>=?|&&|\|\|)$/.test(child?.type ?? ""))) {
    return "boolean";
  }
  return byNode[node.type] ?? byFunction[callOf(node)?.name ?? ""];
}
