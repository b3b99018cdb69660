import { z } from "zod";
import type { FlagsOutcome, FlagValue } from "../definition.ts";
import { parseJson } from "../text.ts";

const flag = z.looseObject({
  enabled: z.boolean(),
  variant: z.string().nullish(),
  failed: z.boolean().nullish(),
  metadata: z.looseObject({ payload: z.unknown().optional() }).nullish(),
});

/** `flags` since version 2; older servers answer with the other two (`/decide?v=3`). */
const flagsAnswer = z.looseObject({
  flags: z.record(z.string(), z.unknown()).optional(),
  featureFlags: z.record(z.string(), z.unknown()).optional(),
  featureFlagPayloads: z.record(z.string(), z.unknown()).nullish(),
  errorsWhileComputingFlags: z.boolean().nullish(),
  quotaLimited: z.array(z.string()).nullish(),
});

/** Whether it is an answer of `/flags` at all: a wrong host may say 200 to anything. */
export function isFlagsAnswer(body: string): boolean {
  const { success, data } = flagsAnswer.safeParse(parseJson(body));
  return success && (data.flags ?? data.featureFlags) !== undefined;
}

/** The flags of an answer with status 200; what of it can't be read or was not computed makes it incomplete. */
export function readFlags(body: string): FlagsOutcome {
  const { success, data } = flagsAnswer.safeParse(parseJson(body));
  if (!success) {
    return { failed: "its answer can't be read", status: 200 };
  }
  const { flags, featureFlags, featureFlagPayloads, errorsWhileComputingFlags, quotaLimited } = data;
  if (quotaLimited?.includes("feature_flags") === true) {
    return { failed: "the project is over its plan's quota of flags", status: 200 };
  }
  if (flags === undefined && featureFlags === undefined) {
    return { failed: "its answer has no flags", status: 200 };
  }
  const read: [string, FlagValue | undefined][] =
    flags === undefined
      ? Object.entries(featureFlags ?? {}).map(([key, value]) => [key, legacyValue(value, featureFlagPayloads?.[key])])
      : Object.entries(flags).map(([key, details]) => [key, flagOf(details)]);
  const known = read.filter((entry): entry is [string, FlagValue] => entry[1] !== undefined);
  const isIncomplete = errorsWhileComputingFlags === true || known.length < read.length;
  return { flags: Object.fromEntries(known), ...(isIncomplete ? { incomplete: "it could not compute every flag" } : {}) };
}

function flagOf(details: unknown): FlagValue | undefined {
  const { success, data } = flag.safeParse(details);
  if (!success || data.failed === true) {
    return undefined;
  }
  return { value: data.enabled ? (data.variant ?? true) : false, ...payloadOf(data.metadata?.payload) };
}

const legacyValue = (value: unknown, payload: unknown): FlagValue | undefined =>
  typeof value === "boolean" || typeof value === "string" ? { value, ...payloadOf(payload) } : undefined;

/** Payloads are JSON in a text; one that is not, or that nests deeper than can be written again, stays the text it is. */
function payloadOf(payload: unknown): { payload?: unknown } {
  if (payload === undefined || payload === null) {
    return {};
  }
  const parsed = typeof payload === "string" ? parseJson(payload) : payload;
  try {
    return JSON.stringify(parsed) === undefined ? { payload } : { payload: parsed };
  } catch {
    return typeof payload === "string" ? { payload } : {};
  }
}
