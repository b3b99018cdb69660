import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What of JSON schema the stored schemas use (infra/schemas/README.md). */
export interface Schema {
  readonly title?: string;
  readonly type?: "string" | "integer" | "boolean" | "object" | "array";
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly readOnly?: true;
  readonly oneOf?: readonly Schema[];
  readonly discriminator?: { readonly propertyName: string };
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
}

/** The stored schema of a resource type, if there is one. */
export function readSchema(folder: string, type: string): Schema | undefined {
  const path = join(folder, `${type.replaceAll("/", ".")}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Schema) : undefined;
}

/** The schema that a reference within a stored schema means. */
export function resolveSchema(schema: Schema, whole: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace("#/definitions/", "");
  const found = whole.definitions?.[name];
  if (found === undefined) throw new Error(`${whole.title}: no definition ${name}`);
  return found;
}
