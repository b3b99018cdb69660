/** A query that the service refuses with 400. */
export class SqlError extends Error {
  override readonly name = "SqlError";
}
