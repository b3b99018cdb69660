/** Messages in a row of which no request succeeded. */
const failuresMax = 5;
const openMsMin = 30_000;
const openMsMax = 15 * 60_000;
const jitter = 0.2;
/** As with retries: who asks for more is asked again after a day. */
const askedMsMax = 24 * 3_600_000;
/** Longer than any message is in work. */
const probeMs = 120_000;

/** A config's circuit breaker (spec 5.6). Closed where `open_until` is absent. */
export interface BreakerState {
  /** Messages in a row that failed while it was closed. */
  readonly failures: number;
  /** Times it opened since something last succeeded. */
  readonly openings: number;
  /** Milliseconds since the epoch; from then on one message at a time may try. */
  readonly open_until?: number;
  /** Until then one message is trying: nobody else may. */
  readonly probe_until?: number;
  /** Why it opened. */
  readonly reason?: string;
  /** Opened for more than a moment: the config is in `error`. */
  readonly is_error?: boolean;
}

export const closedBreaker: BreakerState = { failures: 0, openings: 0 };

/** What one message in work said about its config. */
export type Observation =
  /** No request was made, or none that says anything. */
  | { readonly kind: "nothing" }
  | { readonly kind: "worked" }
  /** Every request failed for now. */
  | { readonly kind: "failed"; readonly reason: string }
  /** Trying again is no use before somebody has mended something: it opens at once. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The provider asked to be left alone for so long; `hasWorked`: after it had taken something. */
  | { readonly kind: "asked-to-wait"; readonly waitMs: number; readonly reason: string; readonly hasWorked: boolean };

/** Whether the provider takes events, be it fewer than there are. */
export const hasWorked = (seen: Observation): boolean => seen.kind === "worked" || (seen.kind === "asked-to-wait" && seen.hasWorked);

export type Admission = { readonly kind: "pass" } | { readonly kind: "probe" } | { readonly kind: "wait"; readonly until: number };

/** Whether a message may be sent now, or as the probe, which `beginProbe` has to claim, or not before some time. */
export function admit({ open_until, probe_until = 0 }: BreakerState, now: number): Admission {
  if (open_until === undefined) {
    return { kind: "pass" };
  }
  const until = Math.max(open_until, probe_until);
  return until > now ? { kind: "wait", until } : { kind: "probe" };
}

/** Whether it is waited for a probe rather than for the time to be up. */
export const isProbing = ({ open_until, probe_until = 0 }: BreakerState, now: number): boolean =>
  open_until !== undefined && open_until <= now && probe_until > now;

/** The state in which one message tries; its `probe_until` is what the message shows afterwards. */
export const beginProbe = (state: BreakerState, now: number): BreakerState => ({ ...state, probe_until: now + probeMs });

/**
 * The state after a message. While it is open only the probe changes it; what was sent before it opened can but lengthen the wait that the
 * provider asks for. Answers the very state that came in when nothing changed.
 * @param random from 0 to 1
 * @param probe `probe_until` of the state in which this message was let through as the probe
 */
export function afterMessage(state: BreakerState, seen: Observation, now: number, random: number, probe?: number): BreakerState {
  const isOpen = state.open_until !== undefined;
  if (isOpen && (probe === undefined || probe !== state.probe_until)) {
    return seen.kind === "asked-to-wait" && now + askedMs(seen) > state.open_until! ? openFor(state, askedMs(seen), now) : state;
  }
  switch (seen.kind) {
    case "nothing":
      return isOpen ? withoutProbe(state) : state;
    case "worked":
      return !isOpen && state.failures === 0 ? state : closedBreaker;
    case "failed":
      return !isOpen && state.failures + 1 < failuresMax
        ? { ...state, failures: state.failures + 1 }
        : open(state, seen.reason, openMsMin, now, random);
    case "refused":
      return open(state, seen.reason, openMsMin, now, random);
    case "asked-to-wait":
      // A provider that takes as much as it can works: it is asked no less often than it says.
      return isOpen && !seen.hasWorked
        ? open(state, seen.reason, askedMs(seen), now, random)
        : openFor({ ...closedBreaker, openings: 1, reason: seen.reason }, askedMs(seen), now);
  }
}

/** Each opening in a row is twice as long as the one before, up to a limit, and none is shorter than the first or than what is asked for. */
function open(state: BreakerState, reason: string, firstMs: number, now: number, random: number): BreakerState {
  const openings = state.openings + 1;
  const ms = Math.min(openMsMax, firstMs * 2 ** (openings - 1) * (1 + jitter * random));
  return openFor({ ...state, openings, reason }, Math.max(ms, firstMs), now);
}

function openFor(state: BreakerState, ms: number, now: number): BreakerState {
  return { ...withoutProbe(state), open_until: Math.ceil(now + ms), is_error: state.is_error === true || ms >= openMsMin };
}

function withoutProbe({ probe_until: _over, ...state }: BreakerState): BreakerState {
  return state;
}

const askedMs = ({ waitMs }: { readonly waitMs: number }): number => Math.min(askedMsMax, Math.max(1_000, waitMs));
