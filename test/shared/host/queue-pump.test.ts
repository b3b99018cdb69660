import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { QueuePump } from "../../../shared/host/queue-pump.ts";
import type { Queue } from "../../../shared/ports/queue.ts";
import { openTestStore, silentLog } from "../../support/embedded-store.ts";

const settings = { concurrency: 3, lockMs: 30_000 };

describe("the queue pump", () => {
  let open: ReturnType<typeof openTestStore>;
  beforeEach(() => {
    open = openTestStore();
  });
  afterEach(() => open.close());

  const send = (...ids: string[]) => open.queue.send(ids.map((id) => ({ queue: "work", id, body: { id } })));
  /** A pump whose function does what the test says; `until` waits for something to have become true. */
  const pump = (handler: (message: { id: string }, deliveryCount: number) => Promise<void>, queue: Queue = open.queue) => {
    const made = new QueuePump(
      queue,
      open.clock,
      {
        connection: "",
        queueName: "work",
        cardinality: "one",
        handler: (message, context) => handler(message as { id: string }, Number(context.triggerMetadata?.["deliveryCount"])),
      },
      (triggerMetadata) => ({ invocationId: "1", triggerMetadata, ...silentLog }),
      settings,
    );
    made.start();
    return made;
  };
  const until = async (isTrue: () => boolean) => {
    for (let turn = 0; !isTrue(); turn++) {
      expect(turn).toBeLessThan(500);
      await open.advance(100);
    }
  };

  it("hands every message to the function once, no more at a time than it may", async () => {
    const seen: string[] = [];
    let running = 0;
    let most = 0;
    await send("a", "b", "c", "d", "e", "f", "g");
    const working = pump(async ({ id }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      seen.push(id);
    });
    await until(() => seen.length === 7);
    await working.stop();
    expect(seen.sort()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
    expect(most).toBe(settings.concurrency);
    expect(await open.queue.receive("work", { max: 10, waitMs: 0 })).toEqual([]);
  });

  it("gives a message back when the function throws, a little later, and counts", async () => {
    const counts: number[] = [];
    await send("a");
    const working = pump(async (_, deliveryCount) => {
      counts.push(deliveryCount);
      if (deliveryCount < 3) {
        throw new Error("not yet");
      }
    });
    await until(() => counts.length === 3);
    await working.stop();
    expect(counts).toEqual([1, 2, 3]);
  });

  it("keeps the lock of a message that takes long", async () => {
    let finish = () => {};
    let calls = 0;
    await send("a");
    const working = pump(() => {
      calls++;
      return new Promise((resolve) => (finish = resolve));
    });
    await until(() => calls === 1);
    await open.advance(5 * settings.lockMs);
    finish();
    await working.stop();
    expect(calls).toBe(1);
    expect(await open.queue.receive("work", { max: 10, waitMs: 0 })).toEqual([]);
  });

  it("finishes what runs when it is stopped, and takes nothing more", async () => {
    const seen: string[] = [];
    let finish: (() => void) | undefined;
    await send("a");
    const working = pump(async ({ id }) => {
      await new Promise<void>((resolve) => (finish = resolve));
      seen.push(id);
    });
    await until(() => finish !== undefined);
    const stopped = working.stop();
    await send("b");
    finish?.();
    await stopped;
    expect(seen).toEqual(["a"]);
    expect((await open.queue.receive("work", { max: 10, waitMs: 0 })).map(({ id }) => id)).toEqual(["b"]);
  });

  it("goes on when the queue could not answer, settle or renew", async () => {
    const seen: string[] = [];
    const failures = new Map<string, number>(Object.entries({ receive: 2, complete: 1, abandon: 1, renewLock: 1 }));
    const failing = new Proxy(open.queue, {
      get: (queue, name: keyof Queue) => {
        const left = failures.get(name) ?? 0;
        if (left > 0) {
          return async () => {
            failures.set(name, left - 1);
            throw new Error("unavailable");
          };
        }
        return (queue[name] as (...args: unknown[]) => unknown).bind(queue);
      },
    });
    await send("a", "b");
    const working = pump(async ({ id }) => void seen.push(id), failing);
    await until(() => new Set(seen).size === 2 && seen.length >= 3);
    await working.stop();
  });
});
