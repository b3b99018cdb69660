import type { Senders } from "./chaos-load.ts";
import type { ChaosTenant } from "./chaos-tenants.ts";
import type { Settled } from "./stored-books.ts";

const sent = ["delivered", "accepted_unverifiable"];

export interface Audit {
  /** Answered 202. */
  readonly accepted: number;
  /** Stored, though nobody was told. */
  readonly unanswered: number;
  /** Events at configs by what became of them. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Events at configs that took several attempts. */
  readonly retried: number;
  /** Of an event at a config, those after the first. */
  readonly duplicates: number;
  readonly violations: readonly string[];
}

/**
 * Holds what the senders were told and what the provider got against the documents: nothing that was accepted is without an outcome or there
 * twice, nothing delivered is missing at the provider, and only what was on its way at a kill arrived there more than once.
 * @param inFlight `label name` of events that were on their way at a kill
 */
export function audit(
  tenants: readonly ChaosTenant[],
  { accepted }: Pick<Senders, "accepted">,
  settled: readonly Settled[],
  arrivals: ReadonlyMap<string, number>,
  inFlight: ReadonlySet<string>,
): Audit {
  const violations: string[] = [];
  const byPlace = Map.groupBy(settled, ({ label, name }) => `${label} ${name}`);
  for (const [name, { tenant, id }] of accepted) {
    for (const label of tenants.find((one) => one.id === tenant)!.configs.values()) {
      const found = byPlace.get(`${label} ${name}`) ?? [];
      if (found.length !== 1 || found[0]!.eventId !== id) {
        violations.push(`${name}, accepted as ${id}, is ${found.length} times at ${label}`);
      }
    }
  }
  const outcomes: Record<string, number> = {};
  for (const [place, [first, ...others]] of byPlace) {
    const { outcome } = first!;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const arrived = arrivals.get(place) ?? 0;
    if (others.length > 0) {
      violations.push(`${place} is stored ${others.length + 1} times`);
    }
    if (!["suppressed", ...sent].includes(outcome)) {
      violations.push(`${place} is ${outcome}`);
    }
    if (sent.includes(outcome) !== arrived > 0) {
      violations.push(`${place} is ${outcome} and arrived ${arrived} times`);
    }
  }
  let duplicates = 0;
  for (const [place, times] of arrivals) {
    duplicates += times - 1;
    if (times > 1 && !inFlight.has(place)) {
      violations.push(`${place} arrived ${times} times and was not on its way at a kill`);
    }
    if (!byPlace.has(place)) {
      violations.push(`${place} arrived and is not stored`);
    }
  }
  const stored = new Set(settled.map(({ name }) => name));
  return {
    accepted: accepted.size,
    unanswered: [...stored].filter((name) => !accepted.has(name)).length,
    outcomes,
    retried: settled.filter(({ attempts }) => attempts > 1).length,
    duplicates,
    violations,
  };
}
