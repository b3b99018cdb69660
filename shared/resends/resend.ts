import { deadLetterMs } from "../delivery/dead-letter.ts";
import type { DueResend } from "../delivery/resend-message.ts";
import type { Counts } from "../usage/hour-counters.ts";

/** Events a second that are sent again at most, on average, unless asked for otherwise. */
export const perSecondDefault = 200;

interface Pace {
  /** Counts only. */
  readonly dry_run: boolean;
  readonly per_second: number;
}

/** Which dead letters are to be sent again: those that all of the given selectors name. Times are ISO 8601, of when they were set aside. */
export interface DeadLetterSelection {
  readonly event_ids?: readonly string[] | undefined;
  readonly config_id?: string | undefined;
  readonly reason?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}
export interface RedeliveryRequest extends DeadLetterSelection, Pace {
  readonly all?: true | undefined;
}

/** Which stored events are to be sent (again) to a config. Times are ISO 8601, of receipt; from `since` on, before `until`. */
export interface ReplayRequest extends Pace {
  readonly config_id: string;
  readonly since: string;
  readonly until: string;
  readonly event_names?: readonly string[] | undefined;
  /** Also what was delivered, which the provider may count a second time. */
  readonly again: boolean;
}

/** What a step works on: a delivery document (redelivery) or a batch (replay), by its place. */
export interface Unit {
  readonly pk: string;
  readonly id: string;
  /** Of its events only these. */
  readonly event_ids?: readonly string[];
}

/** How far the selection has come: in the list of ids that was given, or in which partition after which document. */
export interface Cursor {
  readonly place: number;
  readonly id?: string;
  readonly dead_at?: number;
}

/** Something that could not be handled, by mistakes of ours. */
export interface ResendError {
  readonly batch_id: string;
  readonly detail: string;
}

/**
 * A redelivery or replay, and how far it has come. Each step works on `units`, selects the next ones, and writes both results at once: a step that
 * is run again does and counts the same.
 */
export interface Resend extends DueResend {
  readonly request: RedeliveryRequest | ReplayRequest;
  readonly created_at: string;
  readonly status: "queued" | "running" | "done";
  readonly units: readonly Unit[];
  /** `null` when everything is selected. */
  readonly cursor: Cursor | null;
  /** Events that were looked at: those sent again and those skipped, but none of the documents that failed. */
  readonly counted: number;
  readonly resent: number;
  /** By reason. */
  readonly skipped: Counts;
  /** Documents that could not be handled; absent where the version before wrote it. */
  readonly failed?: number;
  /** The first few of them. */
  readonly errors: readonly ResendError[];
  /** Before this time (milliseconds since the epoch) the rate allows for no more events. */
  readonly next_send_at: number;
  readonly finished_at?: string;
  readonly ttl: number;
}

/** A progress report is kept as long as what it tells of. */
export const resendTtlSeconds = deadLetterMs / 1000;

const prefix = "resend:";
/** The document of a redelivery or replay. */
export const documentId = (id: string): string => `${prefix}${id}`;
/** What callers know it by. */
export const publicId = ({ id }: Pick<Resend, "id">): string => id.slice(prefix.length);

/** Progress as its tenant sees it. */
export function publicView(resend: Resend) {
  const { type, request, created_at, finished_at = null, status, counted, resent, skipped, errors, failed = errors.length } = resend;
  const done = type === "redelivery" ? { redelivered: resent } : { replayed: resent };
  return { id: publicId(resend), status, ...request, created_at, finished_at, counted, ...done, skipped, failed, errors };
}
