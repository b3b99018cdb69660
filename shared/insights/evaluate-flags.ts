import type { Config } from "../configs/config.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { type ProblemDocument, problemDocument } from "../problems/problem-document.ts";
import { type FieldError, invalid } from "../problems/validate.ts";
import type { FlagsOutcome, FlagsQuestion, FlagValue, ProviderDefinition } from "../providers/definition.ts";
import { chooseConfig } from "./choose-config.ts";
import { flagAsker } from "./flag-asker.ts";
import type { FlagAnswer, FlagsRequest } from "./flags.ts";
import { RememberedFlags } from "./remembered-flags.ts";

/** Visitors of one request that are asked for at the same time. */
const concurrency = 8;

type Flags = Readonly<Record<string, FlagAnswer>>;

interface VisitorFlags {
  readonly flags: Flags;
  /** The visitor is none that can be asked for. */
  readonly problem?: ProblemDocument;
}

export interface FlagsResult {
  readonly results: readonly (VisitorFlags & { readonly id: string })[];
  /** Where the provider did not say all; what it said lately stands there, or the defaults. */
  readonly errors?: readonly FieldError[];
}

/**
 * Flags of visitors in the order they were asked for. Fails safe: whatever becomes of the provider, a flag has the value that it
 * had lately (up to ten minutes ago), else the caller's default, else it is absent.
 */
export function evaluateFlags(ports: Pick<Ports, "store" | "secrets" | "http" | "clock">) {
  const remembered = new RememberedFlags(ports.clock);
  return async (tenantId: string, definition: ProviderDefinition, request: FlagsRequest): Promise<FlagsResult> => {
    const { featureFlags } = definition;
    if (featureFlags === undefined) {
      throw new Problem("not-found", "this provider evaluates no flags");
    }
    const config = await chooseConfig(ports, tenantId, definition, featureFlags, request.config_id);
    const ask = flagAsker(ports, featureFlags, config);
    const flags = request.flags === undefined ? undefined : [...new Set(request.flags)].sort();
    const defaults = defaultsOf(request.defaults ?? {}, flags);
    const results: FlagsResult["results"][number][] = [];
    const errors: FieldError[] = [];
    const answer = async (at: number, visitor: FlagsQuestion["visitor"]): Promise<VisitorFlags> => {
      const key = keyOf(config, visitor, flags);
      const known = remembered.get(key);
      const lately = from(known.flags, "cache");
      if (known.isFresh) {
        return { flags: { ...defaults, ...lately } };
      }
      const outcome = wanted(await ask({ visitor, flags, configId: config.id, at: ports.clock.now() }), flags);
      if ("refused" in outcome) {
        return { flags: defaults, problem: refusal(at, outcome.refused) };
      }
      if ("failed" in outcome) {
        errors.push({ pointer: `/visitors/${at}`, detail: outcome.failed });
        return { flags: { ...defaults, ...lately } };
      }
      const now = from(Object.entries(outcome.flags), "provider");
      remembered.put(key, outcome.flags, outcome.incomplete === undefined);
      if (outcome.incomplete === undefined) {
        return { flags: { ...defaults, ...now } };
      }
      errors.push({ pointer: `/visitors/${at}`, detail: outcome.incomplete });
      return { flags: { ...defaults, ...lately, ...now } };
    };
    const waiting = [...request.visitors.entries()];
    const answerNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [at, visitor] = next;
        results[at] = { id: visitor.id, ...(await answer(at, visitor)) };
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, waiting.length) }, answerNext));
    return { results, ...(errors.length === 0 ? {} : { errors: errors.sort(byVisitor) }) };
  };
}

/** The config's last change too: with another project or mode, what was said before says nothing. */
const keyOf = ({ id, updated_at }: Config, visitor: FlagsQuestion["visitor"], flags: readonly string[] | undefined): string =>
  RememberedFlags.keyOf(id, updated_at, visitor, flags ?? null);

/** Without flags that nobody asked for. */
function wanted(outcome: FlagsOutcome, flags: readonly string[] | undefined): FlagsOutcome {
  return flags === undefined || !("flags" in outcome) ? outcome : { ...outcome, flags: pick(outcome.flags, flags) };
}

const from = (flags: Iterable<readonly [string, FlagValue]>, source: FlagAnswer["source"]): Flags =>
  Object.fromEntries(
    [...flags].map(([key, { value, payload }]) => [key, { value, ...(payload === undefined ? {} : { payload }), source }]),
  );

const defaultsOf = (defaults: Readonly<Record<string, boolean | string>>, flags: readonly string[] | undefined): Flags =>
  from(
    Object.entries(flags === undefined ? defaults : pick(defaults, flags)).map(([key, value]) => [key, { value }]),
    "default",
  );

const pick = <T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));

const refusal = (at: number, { pointer, detail }: FieldError): ProblemDocument =>
  problemDocument(invalid("body-invalid", [{ pointer: `/visitors/${at}${pointer}`, detail }]));

const byVisitor = (one: FieldError, other: FieldError): number => one.pointer.localeCompare(other.pointer, "en", { numeric: true });
