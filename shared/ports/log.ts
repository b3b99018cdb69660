/** Structured log lines: one wide line per thing done. Never personal data, secrets, user agents or IP addresses. */
export interface Log {
  info(fields: object): void;
  warn(fields: object): void;
  error(fields: object): void;
}
