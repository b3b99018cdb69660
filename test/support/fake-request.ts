import type { GatewayRequest } from "../../shared/ports/function-host.ts";

/** A request with these headers (names in lower case) and chunks of a body. */
export function requestWith(headers: Readonly<Record<string, string>>, ...chunks: readonly (string | Uint8Array)[]): GatewayRequest {
  async function* body() {
    for (const chunk of chunks) {
      yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    }
  }
  return {
    method: "POST",
    url: "http://gateway.example/",
    headers: { get: (name) => headers[name.toLowerCase()] ?? null },
    query: new URLSearchParams(),
    params: {},
    body: chunks.length === 0 ? null : body(),
  };
}
