const charsMax = 300;

/**
 * A provider's answer fit to be kept: short, on one line, without what it may have echoed of the request.
 * @param secrets what the request was sent with, which an error page may show as part of a URL or a body
 */
export function redactAnswer(text: string, secrets: readonly string[] = []): string {
  const spellings = secrets.filter((secret) => secret !== "").flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())]);
  return spellings
    .reduce((rest, spelling) => rest.replaceAll(spelling, "[REDACTED_SECRET]"), text)
    .slice(0, 4 * charsMax)
    .replace(/[\p{Cc}\s]+/gu, " ")
    .replace(/[^\s@"'<>]+@[^\s@"'<>]+\.[a-z]{2,}/gi, "[REDACTED_EMAIL]")
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, "[REDACTED_IP]")
    .replace(/(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi, "[REDACTED_IP]")
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "[REDACTED_JWT]")
    .replace(/Mozilla\/[^"'<>]*/g, "[REDACTED_USER_AGENT]")
    .replace(/\b[0-9a-f]{32,}\b|\b[\w-]{40,}\b/gi, "[REDACTED_KEY]")
    .trim()
    .slice(0, charsMax);
}
