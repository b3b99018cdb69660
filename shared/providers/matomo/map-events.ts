import type { DeliverableEvent } from "../../events/event.ts";
import { reportInto } from "../adjustments.ts";
import type { Adjustment, Mapping, ProviderConfig, ProviderRequest, Verdict } from "../definition.ts";
import { urlUnder } from "../text.ts";
import { authToken, type Settings } from "./settings.ts";
import { trackingRequest } from "./tracking-request.ts";

/** As many as the provider's own tracker puts into one batch (matomo-org/matomo#13444); a server has no limit but that of its body. */
const batchMax = 50;

/** Batches, the oldest event first: the server wants them in the order in which they happened (docs/5.x/tracking-api.md). */
export function mapEvents(events: readonly DeliverableEvent[], { settings, secrets }: ProviderConfig<Settings>): Mapping {
  const token = authToken(secrets);
  const settled: { event: number; verdict: Verdict }[] = [];
  const adjustments: Adjustment[] = [];
  const sendable: { event: number; query: string; at: number }[] = [];
  for (const [index, event] of events.entries()) {
    const changes: Adjustment[] = [];
    const query = token === undefined ? noToken : trackingRequest(event, settings, reportInto(changes, index));
    if (typeof query !== "string") {
      settled.push({ event: index, verdict: query });
      continue;
    }
    adjustments.push(...changes);
    sendable.push({ event: index, query, at: Date.parse(event.occurred_at) });
  }
  sendable.sort((one, other) => one.at - other.at);
  const batches = Array.from({ length: Math.ceil(sendable.length / batchMax) }, (_, at) =>
    sendable.slice(at * batchMax, (at + 1) * batchMax),
  );
  return { requests: batches.map((batch) => request(batch, token ?? "", settings)), settled, adjustments };
}

const noToken: Verdict = { verdict: "rejected", reason: "the secret of token_auth_ref is not a token" };

/**
 * The token stands in the body only, where access logs don't show it. `send_image` is not said: with it, the answer would be 204 to
 * whatever was sent.
 */
function request(batch: readonly { event: number; query: string }[], token: string, { instance_url }: Settings): ProviderRequest {
  return {
    method: "POST",
    url: urlUnder(instance_url, "/matomo.php"),
    // Ours would stand for the browser of every visitor whose own is not known.
    headers: { "content-type": "application/json", "user-agent": "" },
    body: JSON.stringify({ requests: batch.map(({ query }) => query), token_auth: token }),
    events: batch.map(({ event }) => event),
  };
}
