import { createHash } from "node:crypto";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import type { Signer } from "../signing/signer.ts";
import { type SaltDestruction, type SaltDocument, saltsPartition } from "./salts.ts";

/** More than are ever left over. */
const atOnce = 100;

/**
 * Destroys every salt whose period is over (spec 6.2): a signed record takes its place, in one write, so that there is never both and never
 * neither. Safe to run again and by two at once: the second finds another document than it read. No salt is left a while for late events, since a
 * visitor's hash is made when the event is received.
 */
export const destroySalts =
  ({ store, clock }: Pick<Ports, "store" | "clock">, signer: Pick<Signer, "sign">) =>
  async (log: Log): Promise<void> => {
    const over = await store.query<SaltDocument>("visitor-salts", saltsPartition, {
      where: [{ path: "ends_at", op: "lte", value: clock.now() }],
      orderBy: { path: "ends_at", direction: "asc" },
      limit: atOnce,
    });
    for (const { document, etag } of over.items) {
      const replaced = await store.replace("visitor-salts", await destructionOf(document, clock.now(), signer), etag);
      if (typeof replaced !== "string") {
        log.info({ event: "visitor_salt_destroyed", period: document.id });
      }
    }
  };

async function destructionOf({ id, pk, salt }: SaltDocument, now: number, signer: Pick<Signer, "sign">): Promise<SaltDestruction> {
  const statement = {
    type: "salt-destruction",
    period: id,
    destroyed_at: new Date(now).toISOString(),
    salt_hash: createHash("sha256").update(Buffer.from(salt, "base64url")).digest("hex"),
  } as const;
  return { id, pk, ...statement, signature: await signer.sign(statement) };
}
