import { z } from "zod";
import type { FunnelBreakdown, FunnelOutcome, FunnelQuestion, ProviderAnswer } from "../definition.ts";
import { parseJson } from "../text.ts";

const seconds = z.number().nullish();
const step = z.looseObject({
  order: z.int().min(0),
  count: z.number().min(0),
  average_conversion_time: seconds,
  median_conversion_time: seconds,
  breakdown_value: z.unknown().optional(),
});
type Step = z.infer<typeof step>;

const funnelAnswer = z.looseObject({
  results: z.union([z.array(z.array(step)), z.array(step)]),
  last_refresh: z.iso.datetime({ offset: true }).nullish().catch(undefined),
});

/** Stands for all values beyond the limit, and for none (posthog/hogql_queries/insights/trends/utils.py). */
const otherValue = "$$_posthog_breakdown_other_$$";
const noValue = "$$_posthog_breakdown_null_$$";

const hints: Readonly<Record<number, string>> = {
  401: "; it does not take the personal API key",
  403: "; the personal API key may not query this project (scope query:read)",
  404: "; wrong instance_url or project_id",
  429: "; the project's limit of queries is used up",
};

/** Reads an answer of the query API, whatever it is. */
export function readFunnelAnswer(answer: ProviderAnswer, question: FunnelQuestion): FunnelOutcome {
  const { status, body, truncated } = answer;
  if (status !== 200) {
    const again = status === 408 || status === 429 || status >= 500;
    return { failed: `status ${status}${hints[status] ?? ""}`, again, answer };
  }
  if (truncated === true) {
    return { failed: "its answer is longer than the gateway reads; ask for fewer steps or values", again: false };
  }
  const { success, data } = funnelAnswer.safeParse(parseJson(body));
  const breakdowns = success ? breakdownsOf(data.results, question) : undefined;
  if (!success || breakdowns === undefined) {
    return { failed: "its answer is not a funnel of these steps", again: false, answer };
  }
  return { breakdowns, ...(typeof data.last_refresh === "string" ? { computedAt: data.last_refresh } : {}) };
}

/** `undefined` for what is no funnel of as many steps. Without a breakdown there is one, also when it has nobody. */
function breakdownsOf(results: Step[][] | Step[], { steps, breakdown }: FunnelQuestion): FunnelBreakdown[] | undefined {
  const groups = isGrouped(results) ? results : [results];
  const filled = groups.filter(({ length }) => length > 0);
  if (filled.length === 0) {
    return breakdown === undefined ? [{ value: null, steps: steps.map(() => nobody) }] : [];
  }
  if (breakdown === undefined && filled.length > 1) {
    return undefined;
  }
  const sorted = filled.map((group) => group.toSorted((one, other) => one.order - other.order));
  return sorted.every((group) => group.length === steps.length && group.every(({ order }, at) => order === at))
    ? sorted.map((group) => ({ value: breakdown === undefined ? null : textOf(group[0]?.breakdown_value), steps: group.map(countsOf) }))
    : undefined;
}

const isGrouped = (results: Step[][] | Step[]): results is Step[][] => Array.isArray(results[0]);

const nobody = { count: 0, average_seconds: null, median_seconds: null };

const countsOf = ({ count, average_conversion_time, median_conversion_time }: Step) => ({
  count,
  average_seconds: average_conversion_time ?? null,
  median_seconds: median_conversion_time ?? null,
});

/** A list of one for one property. Visitors without a value come as an empty text. */
function textOf(value: unknown): string | null {
  const [one] = Array.isArray(value) ? (value as unknown[]) : [value];
  if (one === otherValue) {
    return "Other";
  }
  return one === undefined || one === null || one === "" || one === noValue || typeof one === "object" ? null : String(one);
}
