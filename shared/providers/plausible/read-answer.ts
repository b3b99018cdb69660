import type { ProviderAnswer, ProviderRequest, Verdict } from "../definition.ts";

/**
 * Reads the answer to one event: 202 says only that it was taken, the header `x-plausible-dropped` how many of the sites threw it
 * away (lib/plausible_web/controllers/api/external_controller.ex).
 */
export function readAnswer(answer: ProviderAnswer, request: ProviderRequest): Verdict[] {
  return request.events.map(() => verdictOf(answer, request));
}

function verdictOf({ status, headers, body }: ProviderAnswer, request: ProviderRequest): Verdict {
  if (status >= 200 && status < 300) {
    const dropped = Number(headers["x-plausible-dropped"] ?? 0);
    const sites = String((JSON.parse(request.body) as { domain: unknown }).domain).split(",").length;
    // Of a roll-up some sites may have kept it: it was counted, and sending it again would count it twice there.
    return dropped >= sites || Number.isNaN(dropped)
      ? { verdict: "dropped_by_provider", reason: "dropped; the provider does not say why" }
      : { verdict: "delivered" };
  }
  if (status === 408 || status === 429 || status >= 500) {
    return { verdict: "retry", reason: `status ${status}` };
  }
  return { verdict: "rejected", reason: status < 400 ? `redirects are not followed (status ${status})` : reasonOf(status, body) };
}

/** Which fields it names in `errors`; never their messages, which may repeat values. */
function reasonOf(status: number, body: string): string {
  try {
    const { errors } = JSON.parse(body) as { errors?: object };
    const fields = Object.keys(errors ?? {}).filter((field) => /^\w{1,40}$/.test(field));
    return fields.length === 0 ? `status ${status}` : `status ${status}: ${fields.slice(0, 5).join(", ")}`;
  } catch {
    return `status ${status}`;
  }
}
