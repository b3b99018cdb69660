import type { Clock } from "../ports/clock.ts";
import type { FunctionContext, QueueFunction } from "../ports/function-host.ts";
import type { Queue, ReceivedMessage } from "../ports/queue.ts";
import { traceIdOf } from "../ports/traceparent.ts";

const waitMs = 60_000;
const backoffMsMax = 30_000;
const receivePauseMs = 2_000;

export interface PumpSettings {
  /** Messages of one queue in work at the same time. */
  readonly concurrency: number;
  readonly lockMs: number;
}

/**
 * Plays the Service Bus trigger for one queue: hands each message to the function, completes it when the function returns and
 * gives it back when it throws (a little later each time, so that a failing store is not hammered). Renews locks meanwhile.
 */
export class QueuePump {
  readonly #queue: Queue;
  readonly #clock: Clock;
  readonly #function: QueueFunction;
  readonly #newContext: (metadata: Record<string, unknown>) => FunctionContext;
  readonly #settings: PumpSettings;
  readonly #stopping = new AbortController();
  readonly #inWork = new Set<Promise<void>>();
  #loop: Promise<void> | undefined;

  constructor(
    queue: Queue,
    clock: Clock,
    options: QueueFunction,
    newContext: (metadata: Record<string, unknown>) => FunctionContext,
    settings: PumpSettings,
  ) {
    this.#queue = queue;
    this.#clock = clock;
    this.#function = options;
    this.#newContext = newContext;
    this.#settings = settings;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Receives nothing more and waits for the messages in work. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await Promise.all(this.#inWork);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const free = this.#settings.concurrency - this.#inWork.size;
      if (free === 0) {
        await Promise.race(this.#inWork);
        continue;
      }
      for (const message of await this.#receive(free)) {
        const work = this.#handle(message).finally(() => this.#inWork.delete(work));
        this.#inWork.add(work);
      }
      // Requests that came in meanwhile go first.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A queue that can't answer is asked again a little later. */
  async #receive(max: number): Promise<readonly ReceivedMessage[]> {
    const { queueName } = this.#function;
    try {
      return await this.#queue.receive(queueName, { max, waitMs, signal: this.#stopping.signal });
    } catch (error) {
      this.#newContext({}).error({ event: "receive_failed", queue: queueName, error: (error as Error).message });
      await this.#pause(receivePauseMs);
      return [];
    }
  }

  async #handle(message: ReceivedMessage): Promise<void> {
    const enqueuedTimeUtc = new Date(message.enqueuedAt).toISOString();
    const context = this.#newContext({ messageId: message.id, deliveryCount: message.deliveryCount, enqueuedTimeUtc });
    const stopRenewing = this.#keepLock(message);
    try {
      await this.#function.handler(message.body, context);
      await this.#queue.complete(message);
    } catch (error) {
      context.error({
        event: "message_failed",
        queue: message.queue,
        message_id: message.id,
        trace_id: traceIdOf(message.body),
        delivery_count: message.deliveryCount,
        error: error instanceof SyntaxError ? "SyntaxError" : ((error as Error).stack ?? String(error)),
      });
      await this.#pause(Math.min(backoffMsMax, 50 * 2 ** message.deliveryCount));
      // If it can't be given back it is free again when its lock ends.
      await this.#queue.abandon(message).catch(() => undefined);
    } finally {
      stopRenewing();
    }
  }

  #keepLock(message: ReceivedMessage): () => void {
    const every = this.#settings.lockMs / 2;
    const renew = () => {
      this.#queue.renewLock(message).catch(() => undefined);
      cancel = this.#clock.at(this.#clock.now() + every, renew);
    };
    let cancel = this.#clock.at(this.#clock.now() + every, renew);
    return () => cancel();
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#clock.at(this.#clock.now() + ms, done);
      signal.addEventListener("abort", done);
      if (signal.aborted) {
        done();
      }
    });
  }
}
