import { createHmac } from "node:crypto";
import type { AmqpMessage } from "./amqp.ts";
import { notAuthorized } from "./broker-error.ts";
import { toEntityPath } from "./entities.ts";

/** What one connection may use: the paths for which it put a valid token. */
export class Claims {
  readonly #paths = new Set<string>();

  /** Handles `$cbs` put-token. Throws `notAuthorized` unless it is a shared access signature by the key, for which see "Service Bus access control with SAS". */
  putToken(message: AmqpMessage, policy: { keyName: string; key: string }): void {
    const token = new URLSearchParams(String(message.body).replace(/^SharedAccessSignature /, ""));
    const signed = `${encodeURIComponent(token.get("sr") ?? "")}\n${token.get("se")}`;
    const signature = createHmac("sha256", policy.key).update(signed).digest("base64");
    const isAlive = Number(token.get("se")) * 1000 > Date.now();
    if (token.get("skn") !== policy.keyName || token.get("sig") !== signature || !isAlive) throw notAuthorized();
    this.#paths.add(toEntityPath(String(message.application_properties?.name)));
  }

  /** Throws `notAuthorized` when there is no token for the entity. */
  require(address: string): void {
    const path = toEntityPath(address);
    if (!this.#paths.has(path) && !this.#paths.has(`${path}/$management`)) throw notAuthorized();
  }
}
