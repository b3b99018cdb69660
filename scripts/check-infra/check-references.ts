import type { Node } from "web-tree-sitter";
import { at, type BicepFile, type Declaration, type Finding, isExisting, namedChildren, walk } from "./bicep-file.ts";
import { modulePath, plainText, propertyAt } from "./expressions.ts";
import { resourceMeant, typeOf } from "./renderings.ts";
import { readSchema, resolveSchema, type Schema } from "./resource-schemas.ts";

/** What every resource has, whatever its type's schema says. */
const ofEvery = new Set(["id", "name", "type", "apiVersion"]);

/** What resources and modules say of each other: members exist, a child's parent is of the type that its own type names, modules have a scope. */
export const checkReferences = (files: readonly BicepFile[], schemas: string): Finding[] =>
  files.flatMap((file) => [
    ...unknownMembers(file, schemas),
    ...file.declarations.filter((one) => one.kind === "resource" && !isExisting(one)).flatMap(wrongParent),
    ...missingScopes(file, files),
  ]);

function unknownMembers(file: BicepFile, schemas: string): Finding[] {
  return [...walk(file.root)].flatMap((node) => {
    const [object, member] = node.type === "member_expression" ? namedChildren(node) : [];
    // A method is no property.
    if (object === undefined || member === undefined || object.type === "member_expression" || node.parent?.type === "call_expression")
      return [];
    const resource = resourceMeant(object, file);
    const schema = resource && readSchema(schemas, typeOf(resource));
    if (resource === undefined || schema?.properties === undefined) return [];
    if (!ofEvery.has(member.text) && !(member.text in schema.properties)) {
      return [at(file, node, `${resource.name} has no '${member.text}'`)];
    }
    const inner = member.text === "properties" ? innerMember(node) : undefined;
    const known = propertiesIn(schema);
    return inner === undefined || known === undefined || inner in known
      ? []
      : [at(file, node, `${resource.name}.properties has no '${inner}'`)];
  });
}

/** The member that is asked of `object.properties`. */
function innerMember(properties: Node): string | undefined {
  const { parent } = properties;
  const [object, member] = parent?.type === "member_expression" ? namedChildren(parent) : [];
  return object?.id === properties.id ? member?.text : undefined;
}

function propertiesIn(schema: Schema): Schema["properties"] {
  const own = schema.properties?.["properties"];
  return own && resolveSchema(own, schema).properties;
}

function wrongParent(resource: Declaration): Finding[] {
  const parent = propertyAt(resource, "parent");
  if (parent === undefined) return [];
  const given = resourceMeant(parent.value, resource.file);
  const wanted = typeOf(resource).split("/").slice(0, -1).join("/");
  return given !== undefined && typeOf(given) === wanted
    ? []
    : [at(resource.file, parent.node, `the parent of ${typeOf(resource)} is a ${wanted}, not ${parent.value.text}`)];
}

/** Where a file deploys to; Bicep's default is a resource group. */
function scopeOf({ root }: BicepFile): string {
  const said = namedChildren(root).find(({ type }) => type === "target_scope_assignment");
  const value = said && namedChildren(said).at(-1);
  return (value && plainText(value)) ?? "resourceGroup";
}

function missingScopes(file: BicepFile, files: readonly BicepFile[]): Finding[] {
  return file.declarations
    .filter((one) => one.kind === "module" && propertyAt(one, "scope") === undefined)
    .flatMap((one) => {
      const target = files.find(({ absolutePath }) => absolutePath === modulePath(one));
      return target === undefined || scopeOf(target) === scopeOf(file)
        ? []
        : [at(file, one.node, `module ${one.name} is for a ${scopeOf(target)} and has no scope`)];
    });
}
