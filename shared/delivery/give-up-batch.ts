import type { Ports } from "../ports/ports.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { logDeadLetters } from "./log-deliveries.ts";
import { type DispatchMessage, dispatchQueue } from "./messages.ts";
import { recordResults } from "./record-results.ts";
import type { MessageContext } from "./watch-message.ts";

/** Not more: it may be another message that ends the process each time, and this one only waits beside it. */
const reason = "the gateway failed again and again while it had the event in hand";

/**
 * Sets aside the events of a message whose handling keeps failing on our side, instead of leaving it to the broker's dead-letter queue, where
 * visitors' addresses would stay: as dead letters, which can be sent again.
 */
export const giveUpBatch =
  (ports: Pick<Ports, "store" | "outbox" | "clock" | "telemetry">) =>
  async (message: DispatchMessage, log: MessageContext): Promise<void> => {
    const results = message.events.map((event): AttemptResult => ({ event, verdict: { verdict: "retry", reason }, isLast: true }));
    const changes = await recordResults(ports, message, results, 0, () => 0);
    const message_id = log.triggerMetadata?.["messageId"];
    const { tenant_id, config_id, provider, batch_id, attempt } = message;
    const queue = dispatchQueue(provider);
    log.error({ event: "message_given_up", queue, message_id, tenant_id, config_id, provider, batch_id, attempt });
    logDeadLetters(log, message, changes);
  };
