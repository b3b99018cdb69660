import { z } from "zod";
import type { ProviderAnswer, ProviderRequest, Verdict } from "../definition.ts";
import { parseJson } from "../text.ts";

const batchAnswer = z.looseObject({
  details: z
    .array(
      z.looseObject({
        index: z.int(),
        response: z
          .looseObject({ error: z.looseObject({ status: z.int().min(400).max(599) }) })
          .optional()
          .catch(undefined),
      }),
    )
    .default([]),
  cache: z.string().optional(),
});

/**
 * Reads the answer for each event. Error bodies changed between versions, so that only the status counts, except for the
 * answer to a bot and the list of a batch's failed items (src/app/api/{send,batch}/route.ts).
 */
export function readAnswer(answer: ProviderAnswer, request: ProviderRequest): Verdict[] {
  if (splitting.includes(answer.status) && request.events.length > 1) {
    return request.events.map(() => ({ verdict: "split" }));
  }
  if (answer.status < 200 || answer.status >= 300) {
    return request.events.map(() => failed(answer.status));
  }
  // Servers before 2.16 answer a single event with a bare token.
  const body = parseJson(answer.body);
  return request.body.startsWith("[") ? readBatch(body, request.events.length) : [isBeep(body) ? dropped : { verdict: "delivered" }];
}

/**
 * Items that are not in the list were stored, or were a bot's: those count as processed there. `cache` is of the last one that was stored;
 * without it there was none, or the server is older than 3.0.2 and does not say it.
 */
function readBatch(body: unknown, events: number): Verdict[] {
  const { success, data } = batchAnswer.safeParse(body);
  const taken: Verdict = data?.cache === undefined ? { verdict: "accepted_unverifiable" } : { verdict: "delivered" };
  const failures = new Map((success ? data.details : []).map(({ index, response }) => [index, response?.error.status ?? 400]));
  return Array.from({ length: events }, (_, at) => (failures.has(at) ? failed(failures.get(at)!) : taken));
}

/** Too large, or a server that takes no batches (any more): halved down to single events, which go another way. */
const splitting = [404, 405, 413];

const dropped: Verdict = { verdict: "dropped_by_provider", reason: "taken for a bot" };

function failed(status: number): Verdict {
  if (status === 408 || status === 429 || status >= 500) {
    return { verdict: "retry", reason: `status ${status}` };
  }
  if (status === 403) {
    return { verdict: "dropped_by_provider", reason: "the visitor's address is on the server's ignore list" };
  }
  const hints: Record<number, string> = { 400: "; unknown website or a value it does not take", 405: "; wrong host" };
  return {
    verdict: "rejected",
    reason: status < 400 ? `redirects are not followed (status ${status})` : `status ${status}${hints[status] ?? ""}`,
  };
}

const isBeep = (body: unknown): boolean => (body as { beep?: unknown } | null | undefined)?.beep === "boop";
