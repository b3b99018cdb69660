import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";

/** 30 s, doubled each time up to 10 minutes. */
const firstDelayMs = 30_000;
const delayMsMax = 600_000;

/** A message of ours, which remembers how often it was put off, and whatever of these it is about. */
export interface DeferrableMessage {
  readonly tenant_id?: string;
  readonly batch_id?: string;
  readonly config_id?: string;
  readonly attempt?: number;
  readonly deferrals?: number;
}

/**
 * Runs the handling of a message and, when a store can't answer, sends a copy for later instead of failing: the broker would give the message
 * back at once, and set it aside with the visitors' addresses in it after ten times.
 * @param id what names the message's work, the same at each of its copies
 */
export const deferWhileUnavailable =
  (ports: Pick<Ports, "queue" | "clock" | "telemetry">) =>
  async <M extends DeferrableMessage>(
    queue: string,
    id: string,
    message: M,
    work: (message: M) => Promise<void>,
    log: Log,
  ): Promise<void> => {
    try {
      await work(message);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "store-unavailable") {
        throw error;
      }
      const deferrals = (message.deferrals ?? 0) + 1;
      const notBefore = ports.clock.now() + Math.min(delayMsMax, firstDelayMs * 2 ** (deferrals - 1));
      await ports.queue.send([{ queue, id: `${id}~${deferrals}`, notBefore, body: { ...message, deferrals } }]);
      const { tenant_id, batch_id, config_id, attempt } = message;
      const not_before = new Date(notBefore).toISOString();
      log.warn({ event: "message_deferred", queue, tenant_id, batch_id, config_id, attempt, deferrals, not_before });
      ports.telemetry?.count("carreau_messages_put_off_total", { queue, why: "unavailable" });
    }
  };
