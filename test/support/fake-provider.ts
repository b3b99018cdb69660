import { z } from "zod";
import type { DeliverableEvent } from "../../shared/events/event.ts";
import {
  failed,
  type ProviderAnswer,
  type ProviderDefinition,
  type ProviderRequest,
  type Verdict,
} from "../../shared/providers/definition.ts";

/** What the fake provider's answers mean; an event named `unwanted` is settled without a request. */
function readAnswer({ status, body }: ProviderAnswer): Verdict {
  switch (true) {
    case status === 413:
      return { verdict: "split" };
    case status === 204:
      return { verdict: "accepted_unverifiable" };
    case status === 200 && body === "dropped":
      return { verdict: "dropped_by_provider", reason: "thrown away" };
    case status === 200:
      return { verdict: "delivered" };
    case status === 429 || status >= 500:
      return { verdict: "retry", reason: `status ${status}` };
    default:
      return { verdict: "rejected", reason: `status ${status}` };
  }
}

const unwanted: Verdict = { verdict: "suppressed", reason: "filtered", detail: "nobody wants it" };

/** A provider that exists in tests only: a request per event, or one for all; its body is the events' names as JSON. */
export function fakeProvider({ batches = false, secretsToSend = [] as readonly string[] } = {}): ProviderDefinition {
  return {
    slug: "acme",
    name: "Acme Statistics",
    settings: z.strictObject({ site: z.string().min(1), endpoint: z.url().default("https://acme.example") }),
    credentials: z.strictObject({ token_ref: z.string().optional(), account: z.string().optional() }),
    secretsToSend,
    consent: { requiredByDefault: false, category: "analytics" },
    targets: ({ endpoint }) => [String(endpoint)],
    toRequests: (events, { secrets }) => {
      const wanted = [...events.keys()].filter((index) => events[index]!.event_name !== "unwanted");
      const groups = batches ? [wanted].filter(({ length }) => length > 0) : wanted.map((index) => [index]);
      const settled = [...events.keys()].filter((index) => !wanted.includes(index)).map((event) => ({ event, verdict: unwanted }));
      return { requests: groups.map((group) => requestOf(events, group, secrets["token_ref"])), settled };
    },
    readAnswer: (answer, request) => request.events.map(() => readAnswer(answer)),
  };
}

function requestOf(events: readonly DeliverableEvent[], group: readonly number[], token = ""): ProviderRequest {
  const body = JSON.stringify(group.map((index) => events[index]!.event_name));
  return { method: "POST", url: "https://acme.example/", headers: { authorization: token }, body, events: group };
}

/** The fake provider, whose server can say what a token is worth: 200 and what it can do, 204 where it can't tell, anything else is a failure. */
export function verifiableProvider(): ProviderDefinition {
  return {
    ...fakeProvider(),
    verify: async ({ secrets, settings }, ask) => {
      const answer = await ask({
        method: "GET",
        url: String(settings["endpoint"]),
        headers: { authorization: secrets["token_ref"] ?? "" },
      });
      if ("unreachable" in answer) {
        return failed(`endpoint does not answer: ${answer.unreachable}`);
      }
      switch (answer.status) {
        case 200:
          return { result: "verified", detail: "the token is known", capabilities: JSON.parse(answer.body) };
        case 204:
          return { result: "unverifiable", detail: "the server takes any token" };
        default:
          return failed(`the token ${secrets["token_ref"]} is refused`, answer);
      }
    },
  };
}
