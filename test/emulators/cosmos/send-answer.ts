import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import { toRefusal } from "./cosmos-error.ts";

const etagOf = (body: unknown) => (typeof body === "object" && body !== null && "_etag" in body ? { etag: String(body._etag) } : {});

/** What the client is told of an error: a refusal, or 500 for a mistake of the emulator, which `onError` hears of. */
export function describeError(error: unknown, onError: (error: unknown) => void = () => {}): Answer {
  const refusal = toRefusal(error);
  if (refusal) {
    const { status, code, message, details, headers } = refusal;
    return { status, headers, body: { code, message, ...details } };
  }
  onError(error);
  return { status: 500, body: { code: "InternalServerError", message: String(error instanceof Error ? error.stack : error) } };
}

/** Sends an answer with the headers that every one has. */
export function sendAnswer(response: ServerResponse, { status = 200, body, headers, charge = 1, lsn = 1 }: Answer): void {
  const hasContent = body !== undefined && status !== 204 && status !== 304;
  const text = hasContent ? JSON.stringify(body) : "";
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "x-ms-activity-id": randomUUID(),
    "x-ms-request-charge": String(charge),
    "x-ms-session-token": `0:-1#${lsn}`,
    "x-ms-version": "2020-07-15",
    "x-ms-gatewayversion": "version=2.14.0",
    ...etagOf(body),
    ...headers,
  });
  response.end(text);
}
