import { z } from "zod";
import type { FlagValue } from "../providers/definition.ts";

const flagKey = z.string().min(1).max(400);
const scalar = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]);
/** What flags may depend on: plain values, and lists of them. */
const properties = z.record(z.string().max(200), z.union([scalar, z.array(scalar).max(100)]));

const visitor = z.strictObject({
  id: z.string().max(200).describe("Whom the flags are for. What a provider is told in its place, its config's settings say."),
  properties: properties.optional().describe("What is known of the visitor, for flags that depend on it. Addresses are not passed on."),
  groups: z.record(z.string().max(200), z.string().max(400)).optional().describe("Groups of the visitor: a key by type."),
});

/** A question for the flags of visitors. */
export const flagsRequest = z.strictObject({
  visitors: z.array(visitor).min(1).max(100),
  flags: z.array(flagKey).min(1).max(200).optional().describe("Keys of the flags; without them, all."),
  defaults: z
    .record(flagKey, z.union([z.boolean(), z.string().max(400)]))
    .optional()
    .describe("Values by key, for flags that the provider does not know or can't say."),
  config_id: z.string().min(1).max(64).optional().describe("Which config, where several could answer."),
});
export type FlagsRequest = z.infer<typeof flagsRequest>;

/** A flag of a visitor: `cache` is what the provider said lately, `default` what the caller said. */
export interface FlagAnswer extends FlagValue {
  readonly source: "provider" | "cache" | "default";
}
