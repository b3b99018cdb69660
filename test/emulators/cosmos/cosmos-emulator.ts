import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { Account } from "./account.ts";
import type { Answer } from "./answer.ts";
import { checkAuthorization, emulatorKey } from "./authorization.ts";
import { CosmosRequest } from "./cosmos-request.ts";
import { type CosmosFault, Faults, refusalOf } from "./faults.ts";
import { answerItems } from "./item-routes.ts";
import { kindOf, type OperationKind } from "./operation-kind.ts";
import { answerResource } from "./resource-routes.ts";
import { describeError, sendAnswer } from "./send-answer.ts";

export interface CosmosEmulatorOptions {
  /** A free one if left out. */
  readonly port?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** The account's key, in base64. */
  readonly key?: string;
  /** Whether the key is checked; it is if left out. */
  readonly auth?: boolean;
  /** The number of physical partitions of each container; one if left out. */
  readonly partitions?: number;
  /** `plan` as in Azure: queries that several partitions take part in are merged by the client. `direct`: by the server. */
  readonly crossPartition?: "plan" | "direct";
  /** Added to every answer, in real milliseconds. */
  readonly latencyMs?: number;
  /** For clients with a token of Entra ID, who refuse plain HTTP. PEM, for `localhost`. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Hears of mistakes of the emulator itself, which the client sees as 500. */
  readonly onError?: (error: unknown) => void;
}

export interface CosmosEmulator {
  readonly endpoint: string;
  readonly key: string;
  readonly connectionString: string;
  /** How many requests with a valid key have come, of one kind or altogether. */
  requestCount(kind?: OperationKind): number;
  /** Makes coming requests fail; of several faults for a request the oldest strikes first. */
  inject(fault: CosmosFault): void;
  clearFaults(): void;
  close(): Promise<void>;
}

/**
 * Starts an account of Cosmos DB for NoSQL on 127.0.0.1, with what the unmodified client needs: databases and containers, items with
 * etags, unique keys and expiry, transactional batches, bulk, queries, the change feed. Everything in memory; it says nothing about
 * Azure's speed, consistency or prices.
 */
export async function startCosmosEmulator(options: CosmosEmulatorOptions = {}): Promise<CosmosEmulator> {
  const { port = 0, now = Date.now, key = emulatorKey, auth = true, partitions = 1, latencyMs = 0, tls } = options;
  const merges = options.crossPartition === "direct";
  const account = new Account({ now, partitions });
  const faults = new Faults();
  const counts = new Map<OperationKind, number>();
  const closing = new AbortController();

  const listener: RequestListener = async (incoming, response) => {
    const answer = await receive(incoming).catch((error: unknown) => describeError(error, options.onError));
    if (answer === "dropped") incoming.socket.destroy();
    else sendAnswer(response, answer);
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const authority = `:${(server.address() as AddressInfo).port}`;
  const endpoint = tls ? `https://localhost${authority}` : `http://127.0.0.1${authority}`;

  async function receive(incoming: IncomingMessage): Promise<Answer | "dropped"> {
    const request = new CosmosRequest(incoming.method ?? "", incoming.url ?? "", incoming.headers, await buffer(incoming));
    await pass(latencyMs);
    if (auth) checkAuthorization(request, key);
    const kind = kindOf(request);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const fault = faults.take(request);
    if (!fault) return answer(request);
    const refusal = refusalOf(fault);
    if (refusal) throw refusal;
    if (fault.kind === "drop-before") return "dropped";
    if (fault.kind === "delay") await pass(fault.delayMs);
    const late = answer(request);
    return fault.kind === "drop-after" ? "dropped" : late;
  }

  const pass = async (ms: number) => {
    if (ms > 0) await wait(ms, undefined, { signal: closing.signal }).catch(() => {});
  };

  function answer(request: CosmosRequest): Answer {
    const [, databaseId = "", , containerId = "", part] = request.segments;
    if (part !== "docs") return answerResource(account, request, endpoint);
    return answerItems(account.container(databaseId, containerId), request, { now: now(), merges });
  }

  return {
    endpoint,
    key,
    connectionString: `AccountEndpoint=${endpoint}/;AccountKey=${key};`,
    requestCount: (kind) => (kind ? (counts.get(kind) ?? 0) : [...counts.values()].reduce((sum, count) => sum + count, 0)),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    async close() {
      closing.abort();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
