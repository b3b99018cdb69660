/** An error for our log. A SyntaxError quotes what it could not parse, so its message stays out. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) {
    return typeof error;
  }
  return error instanceof SyntaxError
    ? ["SyntaxError", ...(error.stack ?? "").split("\n    at ").slice(1)].join("\n    at ")
    : (error.stack ?? error.message);
}
