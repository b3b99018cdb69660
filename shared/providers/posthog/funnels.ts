import type { AskProvider, FunnelOutcome, FunnelQuestion, Insight, PropertyCondition, ProviderConfig } from "../definition.ts";
import { urlUnder } from "../text.ts";
import { readFunnelAnswer } from "./funnel-answer.ts";
import { personalKey, privateUrl, type Settings } from "./settings.ts";

/** Reads funnels by the query API, which computes them from the events that the project has. */
export const funnels: Insight<Settings, FunnelQuestion, FunnelOutcome> = {
  setting: "enable_funnels",
  isEnabled: ({ enable_funnels }) => enable_funnels,
  settingsNeeded: ["project_id"],
  secretsNeeded: ["personal_api_key_ref"],
  answer: readFunnel,
};

async function readFunnel(
  question: FunnelQuestion,
  { settings, secrets }: ProviderConfig<Settings>,
  ask: AskProvider,
): Promise<FunnelOutcome> {
  const key = personalKey(secrets);
  if (key === undefined) {
    return { failed: "the secret of personal_api_key_ref is not a personal API key (phx_…)", again: false };
  }
  const answer = await ask({
    method: "POST",
    url: urlUnder(privateUrl(settings), `/api/projects/${settings.project_id}/query/`),
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query: funnelsQuery(question), refresh: "blocking" }),
  });
  return "unreachable" in answer
    ? { failed: `it does not answer: ${answer.unreachable}`, again: answer.unreachable !== "request-invalid" }
    : readFunnelAnswer(answer, question);
}

/** The provider's own form of a question (frontend/src/queries/schema/schema-general.ts). */
export function funnelsQuery({ steps, window, from, to, order, breakdown }: FunnelQuestion) {
  return {
    kind: "FunnelsQuery",
    series: steps.map(({ event, properties = [] }) => ({
      kind: "EventsNode",
      event: namesThere.get(event) ?? event.toWellFormed(),
      name: event.toWellFormed(),
      ...(properties.length === 0 ? {} : { properties: properties.map(propertyFilter) }),
    })),
    // `explicitDate`: the times as given, not widened to whole days.
    dateRange: { date_from: new Date(from).toISOString(), date_to: new Date(to).toISOString(), explicitDate: true },
    funnelsFilter: {
      funnelVizType: "steps",
      funnelOrderType: order,
      funnelWindowInterval: window.amount,
      funnelWindowIntervalUnit: window.unit,
    },
    ...(breakdown === undefined
      ? {}
      : {
          breakdownFilter: {
            breakdown: breakdown.property.toWellFormed(),
            breakdown_type: "event",
            breakdown_limit: breakdown.limit,
          },
        }),
    filterTestAccounts: false,
  };
}

/** What events are called where they were sent to. */
const namesThere = new Map([
  ["pageview", "$pageview"],
  ["identify", "$identify"],
  ["alias", "$create_alias"],
]);

const operators = { eq: "exact", neq: "is_not", contains: "icontains", gt: "gt", lt: "lt", is_set: "is_set" } as const;

function propertyFilter(condition: PropertyCondition) {
  const value = "value" in condition ? condition.value : "is_set";
  return {
    type: "event",
    key: condition.property.toWellFormed(),
    operator: operators[condition.op],
    value: typeof value === "string" ? value.toWellFormed() : value,
  };
}
