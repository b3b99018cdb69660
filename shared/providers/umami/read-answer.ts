import type { ProviderAnswer, ProviderRequest, Verdict } from "../definition.ts";

interface BatchAnswer {
  readonly details?: readonly { readonly index?: unknown; readonly response?: { readonly error?: { readonly status?: unknown } } }[];
}

/**
 * Reads the answer for each event. Error bodies changed between versions, so that only the status counts, except for the
 * answer to a bot and the list of a batch's failed items (src/app/api/{send,batch}/route.ts).
 */
export function readAnswer(answer: ProviderAnswer, request: ProviderRequest): Verdict[] {
  const isBatch = request.body.startsWith("[");
  if (answer.status === 413 && request.events.length > 1) {
    return request.events.map(() => ({ verdict: "split" }));
  }
  if (answer.status < 200 || answer.status >= 300) {
    return request.events.map(() => failed(answer.status));
  }
  const body = parse(answer.body);
  if (!isBatch) {
    return [isBeep(body) ? dropped : { verdict: "delivered" }];
  }
  // Items that are not in the list were stored, or were a bot's: those count as processed there.
  const failures = new Map(
    ((body as BatchAnswer | undefined)?.details ?? []).map(({ index, response }) => [index, response?.error?.status]),
  );
  return request.events.map((_, at) => (failures.has(at) ? failed(Number(failures.get(at) ?? 400)) : { verdict: "delivered" }));
}

const dropped: Verdict = { verdict: "dropped_by_provider", reason: "taken for a bot" };

function failed(status: number): Verdict {
  if (status === 408 || status === 429 || status >= 500) {
    return { verdict: "retry", reason: `status ${status}` };
  }
  if (status === 403) {
    return { verdict: "dropped_by_provider", reason: "the visitor's address is on the server's ignore list" };
  }
  const hints: Record<number, string> = { 400: "; unknown website or a value it does not take", 405: "; wrong host, or no batches there" };
  return {
    verdict: "rejected",
    reason: status < 400 ? `redirects are not followed (status ${status})` : `status ${status}${hints[status] ?? ""}`,
  };
}

const isBeep = (body: unknown): boolean => (body as { beep?: unknown } | undefined)?.beep === "boop";

/** Servers before 2.16 answer a bare token. */
function parse(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
