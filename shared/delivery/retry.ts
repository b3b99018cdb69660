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

/** The three forms of an HTTP date (RFC 9110, section 5.6.7): of now, of RFC 850, and of asctime, which leaves out that it is in GMT. */
const httpDates = [
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
];

/** `Retry-After` in milliseconds from `now`: seconds or an HTTP date (RFC 9110, section 10.2.3); `undefined` for anything else. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  const said = value.trim();
  if (/^\d+$/.test(said)) {
    return Number(said) * 1000;
  }
  const isDate = httpDates.some((form) => form.test(said));
  const date = isDate ? Date.parse(said.endsWith("GMT") ? said : `${said} GMT`) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
