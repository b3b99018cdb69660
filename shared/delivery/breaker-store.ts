import type { Config } from "../configs/config.ts";
import type { Document, Stored } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { type BreakerState, closedBreaker } from "./breaker.ts";

/** Nobody needs to know after this long without a message. */
const ttlSeconds = 7 * 86_400;

/** A config's breaker as all instances see it. No document: closed, and nothing has failed. */
export interface BreakerDocument extends Document, BreakerState {
  /** `updated_at` of the config that it is about: what its tenant changes gets a fresh start. */
  readonly of: string;
}

/** A config's breaker and the document it came from, if there is one. */
export interface FoundBreaker {
  readonly state: BreakerState;
  readonly stored?: Stored<BreakerDocument>;
  /** What it was before the tenant changed the config, if nothing was sent since. */
  readonly former?: BreakerState;
}

/** Whether what was found is about the config as its tenant has changed it since. */
export const isNewer = ({ stored }: FoundBreaker, config: Config): boolean =>
  stored !== undefined && stored.document.of > config.updated_at;

/** One point read. */
export async function readBreaker({ store }: Pick<Ports, "store">, config: Config): Promise<FoundBreaker> {
  const stored = await store.get<BreakerDocument>("breakers", config.tenant_id, config.id);
  if (stored === undefined) {
    return { state: closedBreaker };
  }
  const { id: _id, pk: _pk, ttl: _ttl, of, ...state } = stored.document;
  return of === config.updated_at ? { state, stored } : { state: closedBreaker, stored, former: state };
}

/** Writes a state over the one that was found, unless that is newer than the config; nothing when somebody else was faster. */
export async function writeBreaker(
  { store }: Pick<Ports, "store">,
  config: Config,
  { stored }: FoundBreaker,
  state: BreakerState,
): Promise<FoundBreaker | undefined> {
  if (state === closedBreaker) {
    const isGone = stored === undefined || (await store.delete("breakers", config.tenant_id, config.id, stored.etag)) === "deleted";
    return isGone ? { state } : undefined;
  }
  const document: BreakerDocument = { id: config.id, pk: config.tenant_id, of: config.updated_at, ...state, ttl: ttlSeconds };
  const written = await (stored === undefined ? store.create("breakers", document) : store.replace("breakers", document, stored.etag));
  return typeof written === "object" ? { state, stored: written } : undefined;
}
