import { randomBytes } from "node:crypto";
import type { Document } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import type { Signature } from "../signing/signer.ts";

/** All salts and the records of their destruction: one document per period, the second in the place of the first. */
export const saltsPartition = "salts";

/** A salt that nobody destroys goes by itself, without a record, this long after its period: a weekend that a machine was off. */
const leftoverSeconds = 3 * 86_400;
/** After a failure events go without a hash for this long, rather than each waiting for the store. */
const againMs = 5_000;

/** A span of time in which a visitor has the same hash. */
export interface Period {
  /** Such as `day:2026-11-21`. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

export interface SaltDocument extends Document {
  readonly type: "salt";
  /** 256 random bits, base64url. */
  readonly salt: string;
  /** Milliseconds since the epoch. */
  readonly ends_at: number;
}

/** What is left of a salt, in its place: no other can be made for its period. */
export interface SaltDestruction extends Document {
  readonly type: "salt-destruction";
  readonly period: string;
  /** ISO 8601. */
  readonly destroyed_at: string;
  /** SHA-256 of the salt's bytes in hex: says which salt it was, and nothing about hashes made with it. */
  readonly salt_hash: string;
  /** Over the four fields above. */
  readonly signature: Signature;
}

/** The UTC day of a time in milliseconds since the epoch. */
export function dayOf(time: number): Period {
  const day = new Date(time).toISOString().slice(0, 10);
  return { id: `day:${day}`, endsAt: Date.parse(day) + 86_400_000 };
}

interface Kept {
  readonly periodId: string;
  readonly salt: Promise<Buffer | undefined>;
  askAgainAt: number;
}

/** The salt of the current UTC day; `undefined` while the store can't give it. */
export type SaltOfDay = () => Promise<Buffer | undefined>;

/**
 * Gives the salt of the current UTC day, the same one to every instance: whoever is first makes it. It is read once, kept in memory for its
 * day and forgotten when the day ends. Never throws: an event is worth more than its visitor's hash.
 */
export function saltOfDay({ store, clock, log }: Pick<Ports, "store" | "clock" | "log">): SaltOfDay {
  let kept: Kept | undefined;
  const keep = (period: Period): Kept => {
    const forget = clock.at(period.endsAt, () => {
      if (kept === mine) {
        kept = undefined;
      }
    });
    const salt = takeSalt(store, period, clock.now()).catch((error: unknown) => {
      forget();
      mine.askAgainAt = clock.now() + againMs;
      log.warn({ event: "visitor_salt_unavailable", period: period.id, error: (error as Error).message });
      return undefined;
    });
    const mine: Kept = { periodId: period.id, salt, askAgainAt: period.endsAt };
    return mine;
  };
  return () => {
    const now = clock.now();
    const period = dayOf(now);
    if (kept === undefined || kept.periodId !== period.id || now >= kept.askAgainAt) {
      kept = keep(period);
    }
    return kept.salt;
  };
}

/** Makes the salt of a period, or reads the one that is there. */
async function takeSalt(store: Ports["store"], { id, endsAt }: Period, now: number): Promise<Buffer> {
  const salt = randomBytes(32);
  const document: SaltDocument = {
    id,
    pk: saltsPartition,
    type: "salt",
    salt: salt.toString("base64url"),
    ends_at: endsAt,
    ttl: Math.ceil((endsAt - now) / 1000) + leftoverSeconds,
  };
  if ((await store.create("visitor-salts", document)) !== "conflict") {
    return salt;
  }
  const found = await store.get<SaltDocument | SaltDestruction>("visitor-salts", saltsPartition, id);
  if (found?.document.type !== "salt") {
    throw new Error("the salt of the period is gone");
  }
  return Buffer.from(found.document.salt, "base64url");
}
