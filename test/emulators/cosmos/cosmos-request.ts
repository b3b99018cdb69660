import type { IncomingHttpHeaders } from "node:http";
import { badRequest } from "./cosmos-error.ts";
import { type PartitionKey, readPartitionKey } from "./partition-key.ts";
import { isObject, type JsonObject, type Value } from "./sql-values.ts";

/** A request of the client. */
export class CosmosRequest {
  readonly method: string;
  /** As sent: parts are still encoded. */
  readonly path: string;
  /** The decoded parts of the path: `dbs`, a name, `colls`, a name, `docs`, a name. */
  readonly segments: readonly string[];
  readonly #headers: IncomingHttpHeaders;
  readonly #body: Buffer;

  constructor(method: string, url: string, headers: IncomingHttpHeaders, body: Buffer) {
    this.method = method;
    this.#headers = headers;
    this.path = new URL(url, "http://localhost").pathname;
    this.segments = this.path.split("/").filter(Boolean).map(decodeURIComponent);
    this.#body = body;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Whether a header says true, in any case of letters. */
  says(name: string): boolean {
    return this.header(name)?.toLowerCase() === "true";
  }

  get isQuery(): boolean {
    return this.says("x-ms-documentdb-isquery") || /query\+json/.test(this.header("content-type") ?? "");
  }

  get byteCount(): number {
    return this.#body.length;
  }

  /** Undefined if the client asks across partitions. Throws 400. */
  get partitionKey(): PartitionKey | undefined {
    const text = this.header("x-ms-documentdb-partitionkey");
    return text === undefined ? undefined : readPartitionKey(text);
  }

  /** The most items the client wants at once; the service's default is 100. */
  get pageSize(): number {
    const wanted = Number(this.header("x-ms-max-item-count") ?? 0);
    return wanted > 0 ? wanted : 100;
  }

  /** The body. Throws 400 if it is not JSON. */
  json(): Value {
    try {
      return JSON.parse(this.#body.toString("utf8"));
    } catch {
      throw badRequest("The request body is not valid JSON.");
    }
  }

  /** The body. Throws 400 if it is not a JSON object. */
  object(): JsonObject {
    const value = this.json();
    if (!isObject(value)) throw badRequest("The request body is not an object.");
    return value;
  }
}
