import { z } from "zod";
import type { ProviderAnswer, ProviderRequest, Verdict } from "../definition.ts";
import { debugPath } from "./settings.ts";

const validation = z.looseObject({
  validationMessages: z.array(z.looseObject({ fieldPath: z.string().optional(), validationCode: z.string().optional() })).default([]),
});

/**
 * Reads the answer to a request. Google says 204 to whatever arrives, also with a wrong secret: no event is ever known to be
 * delivered. Which other statuses pass by themselves is not documented; those that do elsewhere are tried again.
 */
export function readAnswer(answer: ProviderAnswer, request: ProviderRequest): Verdict[] {
  const { status } = answer;
  const isDebug = new URL(request.url).pathname.endsWith(debugPath);
  if (status === 413 && request.events.length > 1) {
    return request.events.map(() => ({ verdict: "split" }));
  }
  const verdict =
    status < 200 || status >= 300 ? failed(status) : isDebug ? validated(answer.body) : ({ verdict: "accepted_unverifiable" } as const);
  return request.events.map(() => verdict);
}

function failed(status: number): Verdict {
  if (status === 408 || status === 429 || status >= 500) {
    return { verdict: "retry", reason: `status ${status}` };
  }
  return { verdict: "rejected", reason: status < 400 ? `redirects are not followed (status ${status})` : `status ${status}` };
}

/** What the validation endpoint says. Codes and fields only: its descriptions repeat values. */
function validated(body: string): Verdict {
  const parsed = validation.safeParse(parse(body));
  if (!parsed.success) {
    return { verdict: "rejected", reason: "debug_mode: the validation endpoint gave no validation" };
  }
  const { validationMessages } = parsed.data;
  if (validationMessages.length === 0) {
    return { verdict: "suppressed", reason: "sandbox", detail: "debug_mode: the provider found the event valid and did not keep it" };
  }
  const messages = validationMessages.slice(0, 5).map(({ validationCode = "", fieldPath = "" }) => {
    const code = /^[A-Z_]{1,40}$/.test(validationCode) ? validationCode : "unknown code";
    return /^[\w.[\]]{1,120}$/.test(fieldPath) ? `${code} at ${fieldPath}` : code;
  });
  const more = validationMessages.length > messages.length ? `, and ${validationMessages.length - messages.length} more` : "";
  return { verdict: "rejected", reason: `debug_mode: ${messages.join(", ")}${more}` };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
