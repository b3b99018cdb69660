import type { Config } from "../configs/config.ts";
import type { DeliverableEvent } from "../events/event.ts";
import type { Ports } from "../ports/ports.ts";
import type { Counts } from "../usage/hour-counters.ts";
import { byLateness } from "./attempt-events.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { lateFrom } from "./disposition.ts";
import type { DispatchMessage } from "./messages.ts";
import { putOff } from "./put-off.ts";
import { recordResults } from "./record-results.ts";

/** Who waited this long is set aside; as long as a message may be in a queue (spec 5.2). */
const waitMsMax = 48 * 3_600_000;
/** As long as a breaker opens by itself. What its provider or vault asks for may be longer, and over sooner: when a tenant mends the config. */
const lookAgainMs = 15 * 60_000;
/** Messages don't look again all in one moment. */
const spreadMs = 10_000;
/** Events that are late soon after each other are settled together. */
const lateTogetherMs = 60_000;

/** Why nothing of a message can be sent now. */
export interface Outage {
  /** When it may be over (milliseconds since the epoch). */
  readonly notBefore: number;
  /** What did not work, said of who waited for it too long. */
  readonly what: string;
  /** Whose events are late after some time. */
  readonly config?: Config;
  readonly deferrals?: number;
}

/**
 * Puts events off until an outage may be over, except for those that are too late by now, and those that have waited for too long. They look
 * again after a quarter of an hour at most, and when the first of them is too late. Answers by how much each outcome changed, and when what was
 * put off looks again (milliseconds since the epoch), if anything was.
 * @param random from 0 to 1
 */
export async function waitOut(
  ports: Pick<Ports, "store" | "queue" | "outbox" | "clock" | "telemetry">,
  message: DispatchMessage,
  events: readonly DeliverableEvent[],
  { notBefore: over, what, config, deferrals }: Outage,
  random: number,
): Promise<{ readonly changes: Counts; readonly notBefore?: number }> {
  const now = ports.clock.now();
  const { late, timely } = config === undefined ? { late: [], timely: events } : byLateness(events, config, now);
  const until = (message.put_off_since ?? now) + waitMsMax;
  const reason = `${what} did not work for ${waitMsMax / 3_600_000} hours`;
  const asLast = (event: DeliverableEvent): AttemptResult => ({ event, verdict: { verdict: "retry", reason }, isLast: true });
  const tooOld = until > now ? [] : timely.map(asLast);
  const settled = [...late, ...tooOld];
  const changes = settled.length === 0 ? {} : await recordResults(ports, message, settled, 0, () => 0);
  if (timely.length === tooOld.length) {
    return { changes };
  }
  const lateAt = config === undefined ? until : Math.min(...timely.map((event) => lateFrom(event, config)));
  const notBefore = Math.min(over, until, Math.ceil(now + lookAgainMs + spreadMs * random), Math.max(now + lateTogetherMs, lateAt));
  await putOff(ports, message, timely, { notBefore, isOutage: true, deferrals });
  return { changes, notBefore };
}
