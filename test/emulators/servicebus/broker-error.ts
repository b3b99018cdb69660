import type { AmqpCondition } from "./amqp.ts";

/** A refusal as the wire carries it: `condition` on links, `status` in the answers of `$management` and `$cbs`. */
export class BrokerError extends Error {
  readonly condition: string;
  readonly status: number;

  constructor(condition: string, status: number, description = `emulated: ${condition}`) {
    super(description);
    this.condition = condition;
    this.status = status;
  }
}

export const lockLost = () => new BrokerError("com.microsoft:message-lock-lost", 410);
export const messageNotFound = () => new BrokerError("com.microsoft:message-not-found", 404);
export const messageTooLarge = () => new BrokerError("amqp:link:message-size-exceeded", 413);
/** The client tells it from other things not found by this text. */
export const entityNotFound = () => new BrokerError("amqp:not-found", 404, "The messaging entity of the link could not be found.");
export const notAuthorized = () => new BrokerError("amqp:unauthorized-access", 401);
export const serverBusy = () => new BrokerError("com.microsoft:server-busy", 503);
export const notEmulated = () => new BrokerError("amqp:not-implemented", 501);

/** What a link tells its peer about an error. */
export function toCondition(error: unknown): AmqpCondition {
  if (error instanceof BrokerError) return { condition: error.condition, description: error.message };
  return { condition: "amqp:internal-error", description: String(error) };
}
