import { SqlError } from "./sql-error.ts";

/** A refusal, in the shape the service gives it. Its text is ours: only the status and the codes are to be relied on. */
export class CosmosError extends Error {
  override readonly name = "CosmosError";
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Further properties of the body. */
  readonly details: object;

  constructor(
    status: number,
    code: string,
    message: string,
    extra: { readonly headers?: Readonly<Record<string, string>>; readonly details?: object } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = extra.headers ?? {};
    this.details = extra.details ?? {};
  }
}

/** 404; substatus 1003 tells a missing container from a missing item. */
export const notFound = (substatus?: number) => new CosmosError(404, "NotFound", "Entity does not exist.", withSubstatus(substatus));

export const conflict = (message = "Entity with this id already exists.") => new CosmosError(409, "Conflict", message);

export const badRequest = (message: string, details: object = {}) => new CosmosError(400, "BadRequest", message, { details });

export const preconditionFailed = () => new CosmosError(412, "PreconditionFailed", "A precondition is not met.");

export const tooLarge = () => new CosmosError(413, "RequestEntityTooLarge", "Request size is too large.");

/** 400 with substatus 1001, the client's sign that it knows an outdated partition key definition. */
export const wrongPartitionKey = () =>
  new CosmosError(400, "BadRequest", "The partition key of the document is not the one of the request.", withSubstatus(1001));

export function withSubstatus(substatus: number | undefined): { headers: Readonly<Record<string, string>> } {
  return { headers: substatus === undefined ? {} : { "x-ms-substatus": String(substatus) } };
}

/** An error as the refusal that goes to the client, if it is one. */
export function toRefusal(error: unknown): CosmosError | undefined {
  if (error instanceof SqlError) {
    const errors = [{ severity: "Error", location: {}, code: "SC1001", message: error.message }];
    return badRequest(`Message: ${JSON.stringify({ errors })}`);
  }
  return error instanceof CosmosError ? error : undefined;
}
