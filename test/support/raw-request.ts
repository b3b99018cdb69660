import http from "node:http";
import { text } from "node:stream/consumers";

/** Sends what fetch would not: chunks without a length, or a path as it stands. */
export const rawRequest = (
  base: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  chunks: readonly Uint8Array[] = [],
): Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const request = http.request({ hostname, port, method, path, headers }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode!, headers: response.headers, text: body }), reject);
    });
    request.on("error", reject);
    for (const chunk of chunks) {
      request.write(chunk);
    }
    request.end();
  });
