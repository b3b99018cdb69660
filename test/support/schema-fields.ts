import { z } from "zod";

/** What a schema checks, without the wrappers that say what happens when there is nothing. */
function innermost(schema: z.ZodType): z.ZodType {
  const isWrapper = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable;
  return isWrapper ? innermost(schema.unwrap() as z.ZodType) : schema;
}

/** The description of a field, which may stand on any of its wrappers. */
export function descriptionOf(schema: z.ZodType): string | undefined {
  const isWrapper = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable;
  return schema.description ?? (isWrapper ? descriptionOf(schema.unwrap() as z.ZodType) : undefined);
}

/** Names of an object's fields that hold what the given check recognises. */
export const fieldsThat = (object: z.ZodObject, isOne: (schema: z.ZodType) => boolean): string[] =>
  Object.entries(object.shape)
    .filter(([, schema]) => isOne(innermost(schema as z.ZodType)))
    .map(([name]) => name);
