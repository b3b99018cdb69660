const charsMax = 300;

/**
 * A provider's answer fit to be kept: short, on one line, without what it may have echoed of the request.
 * @param secrets what the request was sent with, which an error page may show as part of a URL or a body
 */
export function redactAnswer(text: string, secrets: readonly string[] = []): string {
  return withoutSecrets(text, secrets)
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

/** The text without the secrets as they may come back: in a URL, in JSON, without the white space or the scheme that was before them. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const spellings = secrets
    .map((secret) => secret.trim())
    .flatMap((secret) => [secret, /^[a-z]+\s+(\S{8,})$/i.exec(secret)?.[1] ?? ""])
    .filter((secret) => secret !== "")
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed()), inForm(secret), JSON.stringify(secret).slice(1, -1)]);
  return spellings.reduce((rest, spelling) => rest.replaceAll(spelling, "[REDACTED_SECRET]"), text);
}

/** As `URLSearchParams` writes it, which escapes more than URLs need. */
const inForm = (secret: string): string => new URLSearchParams({ "": secret }).toString().slice(1);
