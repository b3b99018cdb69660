import { createHmac } from "node:crypto";
import { CosmosError } from "./cosmos-error.ts";
import type { CosmosRequest } from "./cosmos-request.ts";

/** The key that Microsoft's emulator has, known to everyone. */
export const emulatorKey = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

/** Lets through what is signed with the key, and any token of Entra ID. Throws 401. */
export function checkAuthorization(request: CosmosRequest, key: string): void {
  const authorization = decodeURIComponent(request.header("authorization") ?? "");
  if (/^type=aad&.*sig=.+/.test(authorization)) return;
  const signature = /^type=master&ver=1\.0&sig=(.+)$/.exec(authorization)?.[1];
  const expected = createHmac("sha256", Buffer.from(key, "base64")).update(textToSign(request)).digest("base64");
  if (signature !== expected) {
    throw new CosmosError(401, "Unauthorized", "The input authorization token can't serve the request. The wrong key is being used.");
  }
}

/** "Access control in the Azure Cosmos DB SQL API", "Constructing a hashed token signature for a master token". */
function textToSign(request: CosmosRequest): string {
  const { segments, method } = request;
  const isFeed = segments.length % 2 === 1;
  const type = (isFeed ? segments.at(-1) : segments.at(-2)) ?? "";
  const link = (isFeed ? segments.slice(0, -1) : segments).join("/");
  const named = type === "offers" ? (isFeed ? "" : (segments.at(-1) ?? "").toLowerCase()) : link;
  const date = request.header("x-ms-date") ?? "";
  return `${method.toLowerCase()}\n${type.toLowerCase()}\n${named}\n${date.toLowerCase()}\n\n`;
}
