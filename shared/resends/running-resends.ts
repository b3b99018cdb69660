import type { Document, DocumentStore, Stored, WriteOperation } from "../ports/document-store.ts";
import { Problem } from "../problems/problem.ts";
import { publicId, type Resend } from "./resend.ts";

/** So many redeliveries and replays of a tenant are under way at most, dry runs too. */
export const runningMax = 4;
/** One that has made no step for so long is stuck, and stands in nobody's way. */
const stuckMs = 86_400_000;

/** A tenant's redeliveries and replays that were not done when the newest was asked for: what two requests at once cannot both write. */
interface RunningResends extends Document {
  readonly type: "running-resends";
  readonly ids: readonly string[];
}
const runningId = "running-resends";

/**
 * The write that puts a redelivery or replay among those under way; it fails when another one was asked for meanwhile. Refused with
 * `resend-running` where one that sends to the same config is not done, since each keeps its rate by itself, or where too many are not done.
 * @param now milliseconds since the epoch
 */
export async function joinRunning(store: DocumentStore, resend: Resend, now: number): Promise<WriteOperation> {
  const { pk } = resend;
  const stored = await store.get<RunningResends>("deliveries", pk, runningId);
  const known = await Promise.all((stored?.document.ids ?? []).map((id) => store.get<Resend>("deliveries", pk, id)));
  const running = known.filter((one) => one !== undefined).filter(isRunning(now));
  const rivals = running.filter(({ document }) => sendsToSameConfig(document, resend));
  if (rivals.length > 0) {
    throw refusal("one that sends to the same config is not done", rivals);
  }
  if (running.length >= runningMax) {
    throw refusal(`${runningMax} are not done, and no more go on at the same time`, running);
  }
  const ids = [...running.map(({ document }) => document.id), resend.id];
  const document: RunningResends = { id: runningId, pk, type: runningId, ids };
  return stored === undefined ? { type: "create", document } : { type: "replace", document, etag: stored.etag };
}

const isRunning =
  (now: number) =>
  ({ document: { status, next_send_at } }: Stored<Resend>): boolean =>
    status !== "done" && next_send_at > now - stuckMs;

function sendsToSameConfig({ request: one }: Resend, { request: other }: Resend): boolean {
  const configs = [one, other].flatMap(({ config_id }) => config_id ?? []);
  return !one.dry_run && !other.dry_run && (configs.length < 2 || configs[0] === configs[1]);
}

function refusal(detail: string, resends: readonly Stored<Resend>[]): Problem {
  const running = resends.map(({ document }) => ({ type: document.type, id: publicId(document) }));
  return new Problem("resend-running", detail, { extensions: { running } });
}
