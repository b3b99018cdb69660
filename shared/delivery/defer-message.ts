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

/** How long a message waits for a store or the vault, by how often it has (milliseconds). */
export const deferralMs = (deferrals: number): number => Math.min(delayMsMax, firstDelayMs * 2 ** (deferrals - 1));

/** Whether a store, the vault or a queue could not answer. */
export const isUnavailable = (error: unknown): boolean => error instanceof Problem && error.code === "store-unavailable";

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
      if (!isUnavailable(error)) {
        throw error;
      }
      const deferrals = (message.deferrals ?? 0) + 1;
      const notBefore = ports.clock.now() + deferralMs(deferrals);
      await ports.queue.send([{ queue, id: `${id}~${deferrals}`, notBefore, body: { ...message, deferrals } }]);
      tellDeferred(ports, log, queue, { ...message, deferrals }, notBefore);
    }
  };

/** A line for a message that comes again at `notBefore` because a store or the vault could not answer, and a count. */
export function tellDeferred(
  { telemetry }: Pick<Ports, "telemetry">,
  log: Log,
  queue: string,
  { tenant_id, batch_id, config_id, attempt, deferrals }: DeferrableMessage,
  notBefore: number,
): void {
  const not_before = new Date(notBefore).toISOString();
  log.warn({ event: "message_deferred", queue, tenant_id, batch_id, config_id, attempt, deferrals, not_before });
  telemetry?.count("carreau_messages_put_off_total", { queue, why: "unavailable" });
}
