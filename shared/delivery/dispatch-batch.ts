import type { Config } from "../configs/config.ts";
import { isDeliverable } from "../configs/lifecycle.ts";
import type { DeliverableEvent } from "../events/event.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import type { ProviderDefinition, Verdict } from "../providers/definition.ts";
import { type AttemptPorts, attemptEvents, byLateness } from "./attempt-events.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { passCircuit, reportToCircuit } from "./circuit.ts";
import { type Delivery, deliveryId } from "./delivery.ts";
import { countPutOff, logAttempt, logDeadLetters, logPutOff } from "./log-deliveries.ts";
import type { DispatchMessage } from "./messages.ts";
import { putOff } from "./put-off.ts";
import { isDue, recordResults } from "./record-results.ts";
import { type MessageContext, watchDispatch } from "./watch-message.ts";
import { openWorkLimits, type WorkLimits } from "./work-limits.ts";

type DispatchPorts = AttemptPorts & Pick<Ports, "queue" | "outbox" | "telemetry">;

/** Who waited this long for a config to work again is set aside; as long as a message may be in a queue (spec 5.2). */
const waitMsMax = 48 * 3_600_000;
/** What a message did not come to is tried again this soon, when nothing speaks against it. */
const momentMs = 2_000;

/**
 * Sends the events of one message to their config's provider and records the outcomes, if it is their turn; otherwise they are put off.
 * Events that are settled already (a redelivered message) are left alone. A crash between sending and recording sends again: at least
 * once (spec 5.7).
 */
export const dispatchBatch = (
  ports: DispatchPorts,
  findProvider: (slug: string) => ProviderDefinition | undefined,
  random: () => number = Math.random,
  limits: WorkLimits = openWorkLimits(ports.clock),
) => {
  const dispatch = watchDispatch(ports, (watched) => dispatchNow(watched, findProvider, random));
  return async (message: DispatchMessage, log: MessageContext): Promise<void> => {
    const place = await limits.enter(message);
    if ("notBefore" in place) {
      await putOff(ports, message, message.events, place);
      return countPutOff(ports.telemetry, message, "turn");
    }
    try {
      await dispatch(message, log);
    } finally {
      place.leave();
    }
  };
};

const dispatchNow =
  (ports: DispatchPorts, findProvider: (slug: string) => ProviderDefinition | undefined, random: () => number) =>
  async (message: DispatchMessage, log: Log): Promise<void> => {
    const startedAt = ports.clock.now();
    const stored = await ports.store.get<Delivery>("deliveries", message.pk, deliveryId(message.batch_id, message.config_id));
    const due = message.events.filter((event) => stored !== undefined && isDue(stored.document, event.id, message));
    if (due.length === 0) {
      return;
    }
    const known = (await ports.store.get<Config>("configs", message.tenant_id, message.config_id))?.document;
    const definition = findProvider(message.provider);
    if (known === undefined || definition === undefined || !isDeliverable(known.status)) {
      const detail =
        known === undefined || definition === undefined ? "the config or its provider is gone" : `the config is ${known.status}`;
      const results = everyEvent(due, { verdict: "suppressed", reason: "config_inactive", detail });
      await recordResults(ports, message, results, 0, random, stored);
      logAttempt(ports, log, message, known?.status ?? "gone", { results, bytes: 0, startedAt });
      return;
    }
    const passage = await passCircuit(ports, known, random, log);
    if ("notBefore" in passage) {
      return waitForConfig(ports, message, due, known, passage.notBefore, log);
    }
    const sent = await attemptEvents(ports, definition, passage.config, due, passage.probe !== undefined);
    const tell = (isUnrecorded: boolean) => logAttempt(ports, log, message, passage.config.status, { ...sent, startedAt, isUnrecorded });
    const changes = await recordResults(ports, message, sent.results, sent.bytes, random, stored).catch((error: unknown) => {
      tell(true);
      throw error;
    });
    tell(false);
    logDeadLetters(log, message, changes);
    const openUntil = await reportToCircuit(ports, passage, sent.seen, random, log);
    if (sent.unsent.length > 0) {
      const notBefore = openUntil ?? Math.ceil(ports.clock.now() + momentMs * (1 + random()));
      await putOff(ports, message, sent.unsent, { notBefore, isOutage: openUntil !== undefined });
      countPutOff(ports.telemetry, message, openUntil === undefined ? "unfinished" : "breaker");
    }
  };

/** Puts a message off until its config works again, except for what is too late by now, and what has waited for too long. */
async function waitForConfig(
  ports: DispatchPorts,
  message: DispatchMessage,
  events: readonly DeliverableEvent[],
  config: Config,
  notBefore: number,
  log: Log,
): Promise<void> {
  const now = ports.clock.now();
  const { late, timely } = byLateness(events, config, now);
  const hasWaited = now - (message.put_off_since ?? now) > waitMsMax;
  const reason = `the config did not work for ${waitMsMax / 3_600_000} hours`;
  const settled = hasWaited ? [...late, ...everyEvent(timely, { verdict: "retry", reason }).map(asLast)] : late;
  if (settled.length > 0) {
    logDeadLetters(log, message, await recordResults(ports, message, settled, 0, () => 0));
  }
  if (!hasWaited && timely.length > 0) {
    await putOff(ports, message, timely, { notBefore, isOutage: true });
    countPutOff(ports.telemetry, message, "breaker");
    logPutOff(log, message, notBefore);
  }
}

const asLast = (result: AttemptResult): AttemptResult => ({ ...result, isLast: true });

const everyEvent = (events: readonly DeliverableEvent[], verdict: Verdict): AttemptResult[] => events.map((event) => ({ event, verdict }));
