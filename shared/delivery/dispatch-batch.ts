import type { Config } from "../configs/config.ts";
import { isDeliverable } from "../configs/lifecycle.ts";
import type { DeliverableEvent } from "../events/event.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import type { ProviderDefinition, Verdict } from "../providers/definition.ts";
import { type AttemptPorts, attemptEvents } from "./attempt-events.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { passCircuit, reportToCircuit } from "./circuit.ts";
import { deferralMs, isUnavailable, tellDeferred } from "./defer-message.ts";
import { type Delivery, deliveryId } from "./delivery.ts";
import { countPutOff, logAttempt, logDeadLetters, logPutOff } from "./log-deliveries.ts";
import { type DispatchMessage, dispatchQueue } from "./messages.ts";
import { putOff } from "./put-off.ts";
import { isDue, recordResults } from "./record-results.ts";
import { waitOut } from "./wait-out.ts";
import { type MessageContext, watchDispatch } from "./watch-message.ts";
import { openWorkLimits, type WorkLimits } from "./work-limits.ts";

type DispatchPorts = AttemptPorts & Pick<Ports, "queue" | "outbox" | "telemetry">;

/** What a message did not come to is tried again this soon, when nothing speaks against it. */
const momentMs = 2_000;

/**
 * Sends the events of one message to their config's provider and records the outcomes, if it is their turn; otherwise they are put off, as
 * they are when the vault can't answer. Events that are settled already (a redelivered message) are left alone. A crash between sending and
 * recording sends again: at least once (spec 5.7). Throws when the store of deliveries can't answer.
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
    } catch (error) {
      if (!isUnavailable(error)) {
        throw error;
      }
      const deferrals = (message.deferrals ?? 0) + 1;
      const outage = { notBefore: ports.clock.now() + deferralMs(deferrals), what: "the vault or a store", deferrals };
      const { changes, notBefore } = await waitOut(ports, message, message.events, outage, random());
      logDeadLetters(log, message, changes);
      if (notBefore !== undefined) {
        tellDeferred(ports, log, dispatchQueue(message.provider), { ...message, deferrals }, notBefore);
      }
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
    const waitForConfig = async (config: Config, events: readonly DeliverableEvent[], until: number) => {
      const { changes, notBefore } = await waitOut(ports, message, events, { notBefore: until, what: "the config", config }, random());
      logDeadLetters(log, message, changes);
      if (notBefore !== undefined) {
        countPutOff(ports.telemetry, message, "breaker");
        logPutOff(log, message, notBefore);
      }
    };
    if ("notBefore" in passage) {
      return waitForConfig(known, due, passage.notBefore);
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
    if (sent.unsent.length > 0 && openUntil !== undefined) {
      await waitForConfig(passage.config, sent.unsent, openUntil);
    } else if (sent.unsent.length > 0) {
      await putOff(ports, message, sent.unsent, { notBefore: Math.ceil(ports.clock.now() + momentMs * (1 + random())) });
      countPutOff(ports.telemetry, message, "unfinished");
    }
  };

const everyEvent = (events: readonly DeliverableEvent[], verdict: Verdict): AttemptResult[] => events.map((event) => ({ event, verdict }));
