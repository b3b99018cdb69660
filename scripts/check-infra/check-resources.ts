import type { Node } from "web-tree-sitter";
import { at, type BicepFile, bodyOf, type Declaration, type Finding, isExisting, namedChildren } from "./bicep-file.ts";
import { callOf, type Located, literal, propertiesOf, property, sources } from "./expressions.ts";
import { readSchema, resolveSchema, type Schema } from "./resource-schemas.ts";
import { typeOf } from "./types.ts";

/** Bicep's own words in a resource; they are no properties of the type. */
const bicepWords = new Set(["parent", "scope", "dependsOn"]);
/** Bicep's codes of unknown and missing properties and of wrong values: what `#disable-next-line` may name. */
type Code = "BCP037" | "BCP035" | "BCP036";

/** Compares every resource with the schema of its type: unknown, missing and read-only properties, wrong types, values not in a list. */
export const checkResources = (files: readonly BicepFile[], schemas: string): Finding[] =>
  files
    .flatMap(({ declarations }) => declarations)
    .filter((one) => one.kind === "resource" && !isExisting(one))
    .flatMap((one) => checkResource(one, files, schemas));

function checkResource(resource: Declaration, files: readonly BicepFile[], schemas: string): Finding[] {
  const { file, node, of, value } = resource;
  const [type = "", version] = of.split("@");
  const schema = readSchema(schemas, type);
  if (schema === undefined) return [at(file, node, `no schema for ${type}: add one to infra/schemas`)];
  if (schema.title !== `${type}@${version}`) return [at(file, node, `the schema is for ${schema.title}, not ${version}`)];
  const body = value && bodyOf(value);
  return body === undefined
    ? [at(file, node, `${resource.name} has no body`)]
    : new Check(files, schema).value({ node: body, file }, schema, type);
}

/** One resource against one schema. */
class Check {
  readonly #files: readonly BicepFile[];
  readonly #whole: Schema;

  constructor(files: readonly BicepFile[], whole: Schema) {
    this.#files = files;
    this.#whole = whole;
  }

  /** What is wrong with an expression that stands where the schema applies; `name` says which property that is. */
  value(given: Located, unresolved: Schema, name: string): Finding[] {
    const schema = resolveSchema(unresolved, this.#whole);
    if (schema.readOnly === true) return say("BCP037", given, `${name} is read-only`);
    if (schema.oneOf !== undefined) return this.#choice(given, schema, name);
    const declared = this.#type(given, schema, name);
    if (declared.length > 0) return declared;
    const parts = sources(given, this.#files);
    const keys = new Set(parts.flatMap(({ node }) => (node.type === "object" ? propertiesOf(node).map(({ key }) => key) : [])));
    return parts.flatMap((part) => this.#part(part, schema, name, keys, given));
  }

  #part(part: Located, schema: Schema, name: string, keys: ReadonlySet<string>, whole: Located): Finding[] {
    const { node, file } = part;
    const wrong = this.#type(part, schema, name);
    if (wrong.length > 0) return wrong;
    if (node.type === "object") return [...this.#object(part, schema, name), ...missing(part, schema, name, keys, whole)];
    const elements = elementsOf(node);
    if (elements !== undefined && schema.items !== undefined) {
      return elements.flatMap((element) => this.value({ node: element, file }, schema.items!, name));
    }
    const text = literal(node);
    return typeof text === "string" && schema.enum !== undefined && !schema.enum.includes(text)
      ? say("BCP036", part, `${name}: '${text}' is not one of ${schema.enum.join(", ")}`)
      : [];
  }

  #object({ node, file }: Located, schema: Schema, name: string): Finding[] {
    if (schema.type !== "object") return [];
    return propertiesOf(node).flatMap((one) => {
      const known = schema.properties?.[one.key] ?? schema.additionalProperties;
      if (known) return this.value({ node: one.value, file }, known, one.key);
      const isWord = schema === this.#whole && bicepWords.has(one.key);
      const open = schema.additionalProperties === undefined;
      return isWord || open || (this.#isBody(schema) && bicepWords.has(one.key))
        ? []
        : say("BCP037", { node: one.node, file }, `unknown property '${one.key}' in ${name}`);
    });
  }

  #isBody(schema: Schema): boolean {
    return this.#whole.oneOf?.includes(schema) ?? false;
  }

  #choice(given: Located, { oneOf = [], discriminator }: Schema, name: string): Finding[] {
    const key = discriminator?.propertyName ?? "";
    const said = given.node.type === "object" ? property(given.node, key) : undefined;
    const text = said && literal(said.value);
    const chosen = oneOf.filter(({ properties }) => typeof text === "string" && properties?.[key]?.enum?.includes(text));
    if (typeof text === "string" && chosen.length === 0) {
      return say("BCP036", { node: said!.node, file: given.file }, `${key}: '${text}' is not one that ${name} knows`);
    }
    const tried = (chosen.length === 0 ? oneOf : chosen).map((schema) => this.value(given, schema, name));
    return tried.sort((one, other) => one.length - other.length)[0] ?? [];
  }

  #type(given: Located, { type }: Schema, name: string): Finding[] {
    const actual = typeOf(given);
    if (type === undefined || actual === undefined || actual === "null" || actual === type) return [];
    return say("BCP036", given, `${name} is ${type}, not ${actual}`);
  }
}

/** What stands in an array, or what a loop or `map` makes of each element. */
function elementsOf(node: Node): Node[] | undefined {
  if (node.type === "array") return namedChildren(node);
  if (node.type === "for_statement") return namedChildren(node).slice(-1);
  const call = callOf(node);
  const lambda = call?.name === "map" ? call.args[1] : undefined;
  return lambda?.type === "lambda_expression" ? namedChildren(lambda).slice(-1) : undefined;
}

/** A property may be missing in one part of a `union` when another has it. */
function missing(part: Located, schema: Schema, name: string, keys: ReadonlySet<string>, whole: Located): Finding[] {
  const has = part.node === whole.node ? new Set(propertiesOf(part.node).map(({ key }) => key)) : keys;
  const lacking = (schema.required ?? []).filter((key) => !has.has(key));
  return lacking.flatMap((key) => say("BCP035", part, `missing property '${key}' in ${name}`));
}

function say(code: Code, { node, file }: Located, message: string): Finding[] {
  const before = file.lines[node.startPosition.row - 1] ?? "";
  return /^\s*#disable-next-line\b/.test(before) && before.includes(code) ? [] : [at(file, node, message)];
}
