/** Retries after the first attempt; with the delays below the last one comes about 27 h after the event (decision 8). */
export const retriesMax = 8;
const baseMs = 30_000;
const factor = 3;
const delayMsMax = 24 * 3_600_000;

/**
 * How long to wait before the next attempt: exponential with full jitter, or as long as the provider's `Retry-After` says when
 * that is longer. `undefined` when there are no attempts left.
 * @param attempt the attempt that failed, from 0
 * @param random from 0 to 1
 */
export function retryDelayMs(attempt: number, retryAfterMs: number | undefined, random: number): number | undefined {
  if (attempt >= retriesMax) {
    return undefined;
  }
  return Math.min(delayMsMax, Math.max(retryAfterMs ?? 0, random * baseMs * factor ** attempt));
}

/** `Retry-After` in milliseconds from `now`: seconds or an HTTP date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (/^\s*\d+\s*$/.test(value)) {
    return Number(value) * 1000;
  }
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
