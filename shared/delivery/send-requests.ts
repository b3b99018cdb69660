import type { DeliverableEvent } from "../events/event.ts";
import { personalValues } from "../events/personal-values.ts";
import type { Answer, Failure } from "../ports/http-client.ts";
import type { Ports } from "../ports/ports.ts";
import { redactAnswer } from "../privacy/redact.ts";
import type { Adjustment, ProviderConfig, ProviderDefinition, ProviderRequest, Verdict } from "../providers/definition.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { type Course, newCourse } from "./course.ts";
import type { Attempt } from "./delivery.ts";
import { parseRetryAfter } from "./retry.ts";

/** From the first byte out to the last byte in. */
const timeoutMs = 10_000;
/** Requests to one config under way at the same time from one message. */
const concurrency = 8;

export interface Sent {
  readonly results: readonly AttemptResult[];
  /** Of request bodies. */
  readonly bytes: number;
  /** Events whose requests were not begun: not in time, or because the message's course was over. */
  readonly unsent: readonly DeliverableEvent[];
}

/**
 * Maps events to the provider's requests, sends them and reads the answers. Every event has exactly one result, or is `unsent`.
 * @param startBy milliseconds since the epoch; later only the first requests are begun
 * @param course when it is over, none is begun any more
 */
export async function sendRequests(
  ports: Pick<Ports, "http" | "clock">,
  definition: ProviderDefinition,
  config: ProviderConfig,
  events: readonly DeliverableEvent[],
  startBy = Number.POSITIVE_INFINITY,
  course: Course = newCourse(ports.clock.now()),
): Promise<Sent> {
  const { requests, settled, adjustments = [] } = definition.toRequests(events, config, ports.clock.now());
  const results: AttemptResult[] = settled.map(({ event, verdict }) => ({ event: events[event]!, verdict }));
  const unsent: DeliverableEvent[] = [];
  let bytes = 0;
  const waiting = [...requests];
  const sendNext = async (): Promise<void> => {
    for (let request = waiting.shift(), isFirst = true; request !== undefined; request = waiting.shift(), isFirst = false) {
      const now = ports.clock.now();
      if (course.isOver(now) || (!isFirst && now > startBy)) {
        unsent.push(...request.events.map((index) => events[index]!));
        continue;
      }
      bytes += Buffer.byteLength(request.body);
      const sent = await sendOne(ports, definition, config, request, events, startBy, course);
      results.push(...sent.results);
      unsent.push(...sent.unsent);
      bytes += sent.bytes;
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, waiting.length) }, sendNext));
  return { results: adjustments.length === 0 ? results : withAdjustments(results, events, adjustments), bytes, unsent };
}

function withAdjustments(
  results: AttemptResult[],
  events: readonly DeliverableEvent[],
  adjustments: readonly Adjustment[],
): AttemptResult[] {
  const byEvent = Map.groupBy(adjustments, ({ event }) => events[event]!);
  return results.map((result) => {
    const own = byEvent.get(result.event)?.map(({ event: _index, ...adjustment }) => adjustment);
    return own === undefined ? result : { ...result, adjustments: own };
  });
}

async function sendOne(
  ports: Pick<Ports, "http" | "clock">,
  definition: ProviderDefinition,
  config: ProviderConfig,
  request: ProviderRequest,
  events: readonly DeliverableEvent[],
  startBy: number,
  course: Course,
): Promise<Sent> {
  const startedAt = ports.clock.now();
  const { method, url, headers, body } = request;
  const outcome = await ports.http.send({ method, url, headers, body, timeoutMs });
  const now = ports.clock.now();
  const verdicts = outcome.kind === "answer" ? definition.readAnswer(outcome, request) : request.events.map(() => unanswered(outcome));
  const carried = request.events.map((index) => events[index]!);
  if (verdicts.some(({ verdict }) => verdict === "split") && carried.length > 1) {
    return sendHalves(ports, definition, config, carried, startBy, course);
  }
  // Once for all events: it may name any of them.
  const said =
    outcome.kind === "failure" || verdicts.every(isTaken)
      ? ""
      : redactAnswer(outcome.body, Object.values(config.secrets), carried.flatMap(personalValues));
  const retryAfterMs = outcome.kind === "answer" ? parseRetryAfter(outcome.headers["retry-after"], now) : undefined;
  const results = carried.map((event, at): AttemptResult => {
    const verdict =
      verdicts[at]!.verdict === "split" ? ({ verdict: "rejected", reason: "too large for the provider" } as const) : verdicts[at]!;
    const attempt = {
      at: new Date(startedAt).toISOString(),
      duration_ms: now - startedAt,
      ...describe(outcome, verdict, said),
    };
    return { event, verdict, attempt, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  });
  course.hear(results);
  return { results, bytes: 0, unsent: [] };
}

/** Too large together: each half by itself (spec 5.3). */
async function sendHalves(
  ports: Pick<Ports, "http" | "clock">,
  definition: ProviderDefinition,
  config: ProviderConfig,
  events: readonly DeliverableEvent[],
  startBy: number,
  course: Course,
): Promise<Sent> {
  const middle = Math.ceil(events.length / 2);
  const first = await sendRequests(ports, definition, config, events.slice(0, middle), startBy, course);
  const second = await sendRequests(ports, definition, config, events.slice(middle), startBy, course);
  return {
    results: [...first.results, ...second.results],
    bytes: first.bytes + second.bytes,
    unsent: [...first.unsent, ...second.unsent],
  };
}

/** A refused target is tried again too: a wrong DNS answer passes, and nothing may be lost to it. */
function unanswered({ reason }: Failure): Verdict {
  return reason === "request-invalid" ? { verdict: "rejected", reason } : { verdict: "retry", reason };
}

const isTaken = ({ verdict }: Verdict): boolean => verdict === "delivered" || verdict === "accepted_unverifiable";

/** @param said the answer as it may be kept */
function describe(outcome: Answer | Failure, verdict: Verdict, said: string): Pick<Attempt, "status" | "failure" | "answer"> {
  if (outcome.kind === "failure") {
    return { failure: outcome.reason };
  }
  return { status: outcome.status, ...(said === "" || isTaken(verdict) ? {} : { answer: said }) };
}
