import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import type { Counts } from "../usage/hour-counters.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { type DispatchMessage, dispatchQueue } from "./messages.ts";

/** An attempt as its line tells it. */
export interface LoggedAttempt {
  readonly results: readonly AttemptResult[];
  /** Of request bodies. */
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** What was sent may be sent again: nobody could note what became of it. */
  readonly isUnrecorded?: boolean;
}

/** One line per attempt, and how long it took. */
export function logAttempt(
  { clock, telemetry }: Pick<Ports, "clock" | "telemetry">,
  log: Log,
  message: DispatchMessage,
  config_status: string,
  { results, bytes: bytes_sent, startedAt, isUnrecorded = false }: LoggedAttempt,
): void {
  const { provider, put_offs, received_at } = message;
  const duration_ms = clock.now() - startedAt;
  const age_ms = startedAt - Date.parse(received_at);
  log.info({
    event: "delivery_attempt",
    ...idsOf(message),
    config_status,
    ...(put_offs === undefined ? {} : { put_offs }),
    verdicts: tally(results),
    ...(isUnrecorded ? { recorded: false } : {}),
    bytes_sent,
    age_ms,
    duration_ms,
  });
  telemetry?.observe("carreau_delivery_attempt_duration_seconds", { provider }, duration_ms / 1000);
}

/** What nobody sends again by itself deserves a line of its own: alarms are made of it. */
export function logDeadLetters(log: Log, { tenant_id, config_id, provider, batch_id }: DispatchMessage, changes: Counts): void {
  const events = changes["dead_lettered"] ?? 0;
  if (events > 0) {
    log.warn({ event: "dead_lettered", tenant_id, config_id, provider, batch_id, events });
  }
}

/** A line for a message that waits for its config to work again. */
export function logPutOff(log: Log, message: DispatchMessage, notBefore: number): void {
  log.info({ event: "delivery_put_off", ...idsOf(message), not_before: new Date(notBefore).toISOString() });
}

/**
 * Counts a message that was put off.
 * @param why `breaker`: its config does not work; `turn`: others' messages are in work; `unfinished`: it was in work for a minute, or its first requests all failed
 */
export function countPutOff(telemetry: Ports["telemetry"], { provider }: DispatchMessage, why: "breaker" | "turn" | "unfinished"): void {
  telemetry?.count("carreau_messages_put_off_total", { queue: dispatchQueue(provider), why });
}

function idsOf({ tenant_id, config_id, provider, batch_id, attempt }: DispatchMessage) {
  return { tenant_id, config_id, provider, batch_id, attempt };
}

function tally(results: readonly AttemptResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verdict } of results) {
    counts[verdict.verdict] = (counts[verdict.verdict] ?? 0) + 1;
  }
  return counts;
}
