import { randomBytes } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { FunctionContext, FunctionHost, HttpFunction, QueueFunction, TimerFunction } from "../ports/function-host.ts";
import type { Log } from "../ports/log.ts";
import type { Queue } from "../ports/queue.ts";
import { HttpServer } from "./http-server.ts";
import { type PumpSettings, QueuePump } from "./queue-pump.ts";
import { startTimer } from "./timer.ts";

/** Running requests and messages get this long to finish when the host stops. */
const graceMs = 8_000;

/** Plays Azure Functions on one machine: an HTTP server, a pump per queue and a timer per schedule around the same functions. */
export class EmbeddedHost implements FunctionHost {
  readonly #queue: Queue;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pumpSettings: PumpSettings;
  readonly #server: HttpServer;
  readonly #pumps: QueuePump[] = [];
  readonly #timers = new Map<string, TimerFunction>();
  readonly #idPrefix = randomBytes(6).toString("base64url");
  #stopTimers: (() => Promise<void>)[] = [];
  #invocations = 0;

  constructor(queue: Queue, clock: Clock, log: Log, pumpSettings: PumpSettings) {
    this.#queue = queue;
    this.#clock = clock;
    this.#log = log;
    this.#pumpSettings = pumpSettings;
    this.#server = new HttpServer(() => this.#newContext());
  }

  http(_name: string, options: HttpFunction): void {
    this.#server.add(options);
  }

  serviceBusQueue(_name: string, options: QueueFunction): void {
    const concurrency = Math.min(this.#pumpSettings.concurrency, options.maxConcurrentCalls ?? Number.POSITIVE_INFINITY);
    const settings = { ...this.#pumpSettings, concurrency };
    this.#pumps.push(new QueuePump(this.#queue, this.#clock, options, (metadata) => this.#newContext(metadata), settings));
  }

  timer(name: string, options: TimerFunction): void {
    this.#timers.set(name, options);
  }

  /** Starts everything; resolves with the port that requests are taken on. */
  async start(address: string, port: number): Promise<number> {
    const actual = await this.#server.listen(address, port);
    for (const pump of this.#pumps) {
      pump.start();
    }
    this.#stopTimers = [...this.#timers].map(([name, options]) => startTimer(name, options, this.#clock, () => this.#newContext()));
    return actual;
  }

  /** No new requests or messages; running ones finish; what can't within the grace time goes back to its queue at the next start. */
  async stop(): Promise<void> {
    const messages = Promise.all([...this.#pumps.map((pump) => pump.stop()), ...this.#stopTimers.map((stop) => stop())]);
    let deadline: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => (deadline = setTimeout(resolve, graceMs)));
    await Promise.all([this.#server.stop(graceMs), Promise.race([messages, timeUp])]);
    clearTimeout(deadline);
  }

  #newContext(triggerMetadata?: Record<string, unknown>): FunctionContext {
    const invocationId = `${this.#idPrefix}${(++this.#invocations).toString(36)}`;
    const { info, warn, error } = this.#log;
    return triggerMetadata === undefined ? { invocationId, info, warn, error } : { invocationId, triggerMetadata, info, warn, error };
  }
}
