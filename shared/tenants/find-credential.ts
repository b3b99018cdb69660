import type { Ports } from "../ports/ports.ts";
import { hashKey } from "./api-key.ts";
import type { KeyCredential } from "./key.ts";

/** A busy key is read once in this time; another instance sees its revocation that much later at the latest. */
const keptMs = 1_000;
const keptMax = 10_000;

/** What is known of a key that somebody shows; nothing of one that nobody made or that was revoked. */
export interface CredentialFinder {
  find(key: string): Promise<KeyCredential | undefined>;
  /** To be called where a key is revoked. */
  forget(hash: string): void;
}

/** Finds credentials in the store and keeps them for a moment. */
export function findCredential(ports: Pick<Ports, "store" | "clock">): CredentialFinder {
  const kept = new Map<string, { readonly credential: Promise<KeyCredential | undefined>; readonly until: number }>();
  const read = async (hash: string) => {
    try {
      const stored = await ports.store.get<KeyCredential>("keys", hash, hash);
      if (stored === undefined) {
        kept.delete(hash);
      }
      return stored?.document;
    } catch (error) {
      kept.delete(hash);
      throw error;
    }
  };
  return {
    find(key) {
      const hash = hashKey(key);
      const now = ports.clock.now();
      const found = kept.get(hash);
      if (found !== undefined && found.until > now) {
        return found.credential;
      }
      if (kept.size >= keptMax) {
        kept.clear();
      }
      const credential = read(hash);
      kept.set(hash, { credential, until: now + keptMs });
      return credential;
    },
    forget: (hash) => void kept.delete(hash),
  };
}
