import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { QueuePump } from "../../../shared/host/queue-pump.ts";
import type { FunctionContext } from "../../../shared/ports/function-host.ts";
import type { Queue } from "../../../shared/ports/queue.ts";
import { openTestStore } from "../../support/embedded-store.ts";

const lockMs = 30_000;

/** A promise that the test settles. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("a queue pump", () => {
  let store: ReturnType<typeof openTestStore>;
  let pumps: QueuePump[];
  let errors: Record<string, unknown>[];
  beforeEach(() => {
    store = openTestStore();
    pumps = [];
    errors = [];
  });
  afterEach(async () => {
    await Promise.all(pumps.map((pump) => pump.stop()));
    await store.close();
  });

  const start = (
    handler: (body: unknown, context: FunctionContext) => Promise<void>,
    { concurrency = 4, queue = store.queue as Queue } = {},
  ) => {
    const newContext = (triggerMetadata: Record<string, unknown>): FunctionContext => ({
      invocationId: "1",
      triggerMetadata,
      info: () => {},
      warn: () => {},
      error: (fields) => void errors.push(fields as Record<string, unknown>),
    });
    const options = { connection: "", queueName: "q", cardinality: "one", handler } as const;
    const pump = new QueuePump(queue, store.clock, options, newContext, { concurrency, lockMs });
    pumps.push(pump);
    pump.start();
    return pump;
  };
  const send = (...ids: string[]) => store.queue.send(ids.map((id) => ({ queue: "q", id, body: { id } })));
  /** Lets everything run, moving time by `stepMs` each round, until it is so. */
  const until = async (isSo: () => boolean, stepMs = 0) => {
    for (let round = 0; !isSo(); round++) {
      expect(round).toBeLessThan(500);
      await store.clock.advance(stepMs);
    }
  };
  const settle = async (rounds = 20) => {
    for (let round = 0; round < rounds; round++) {
      await store.clock.advance(0);
    }
  };
  /** What is still in the queue once all locks have ended. */
  const left = async () => {
    await store.clock.jump(lockMs + 1);
    return (await store.queue.receive("q", { max: 100, waitMs: 0 })).map(({ id }) => id);
  };

  it("hands each message to the function, those that come later too, and they are gone when it returns", async () => {
    const seen: unknown[] = [];
    const pump = start(async (body, { triggerMetadata }) => void seen.push([body, triggerMetadata]));
    await send("a", "b");
    await until(() => seen.length === 2);
    await send("c");
    await until(() => seen.length === 3);
    await pump.stop();

    expect(seen[0]).toEqual([{ id: "a" }, { messageId: "a", deliveryCount: 1, enqueuedTimeUtc: new Date(store.now()).toISOString() }]);
    expect(await left()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("gives a message back when the function throws: it comes again, a little later each time", async () => {
    const times: number[] = [];
    const counts: unknown[] = [];
    start(async (_body, { triggerMetadata }) => {
      times.push(store.now());
      counts.push(triggerMetadata?.["deliveryCount"]);
      if (times.length < 3) {
        throw new Error("not yet");
      }
    });
    await send("a");
    await until(() => times.length === 3, 1);

    expect(counts).toEqual([1, 2, 3]);
    const waits = times.slice(1).map((time, at) => time - times[at]!);
    expect(waits[0]).toBeGreaterThanOrEqual(100);
    expect(waits[1]).toBeGreaterThanOrEqual(200);
    expect(errors).toMatchObject([{ event: "message_failed", queue: "q", message_id: "a", delivery_count: 1 }, { delivery_count: 2 }]);
  });

  it("leaves a message that always fails to the queue, which sets it aside", async () => {
    let calls = 0;
    start(async () => {
      calls++;
      throw new Error("never");
    });
    await send("a");
    await until(() => calls === 3, 50);
    await until(() => errors.length === 3);
    await store.clock.advance(60_000);

    expect(calls).toBe(3);
    expect(await store.queue.peekDeadLetters("q", 10)).toEqual([{ id: "a", body: { id: "a" }, reason: "MaxDeliveryCountExceeded" }]);
  });

  it("says nothing of a message's content when it fails, not even of text that is not JSON", async () => {
    start(async () => void JSON.parse("user-ada@example.org"));
    await send("a");
    await until(() => errors.length === 1);
    expect(JSON.stringify(errors)).not.toContain("user-ada");
  });

  it("works on as many messages at once as it may, and takes the next one when one is done", async () => {
    const gates = Array.from({ length: 5 }, gate);
    let begun = 0;
    start(() => gates[begun++]!.opened, { concurrency: 2 });
    await send("a", "b", "c", "d", "e");
    await until(() => begun === 2);
    await settle();
    expect(begun).toBe(2);
    gates[0]!.open();
    await until(() => begun === 3);
    await settle();
    expect(begun).toBe(3);
    for (const { open } of gates) {
      open();
    }
    await until(() => begun === 5);
  });

  it("keeps a message that takes long for itself, and finishes with it afterwards", async () => {
    const { open, opened } = gate();
    let calls = 0;
    const pump = start(() => {
      calls++;
      return opened;
    });
    await send("a");
    await until(() => calls === 1);
    await store.clock.advance(5 * lockMs);
    expect(await store.queue.receive("q", { max: 1, waitMs: 0 })).toEqual([]);
    expect(calls).toBe(1);
    open();
    await settle();
    await pump.stop();
    expect(await left()).toEqual([]);
  });

  describe("that is stopped", () => {
    it("waits for what is in work, which is then done with, and takes nothing more", async () => {
      const { open, opened } = gate();
      let calls = 0;
      const pump = start(
        () => {
          calls++;
          return opened;
        },
        { concurrency: 1 },
      );
      await send("a", "b");
      await until(() => calls === 1);
      let isStopped = false;
      const stopped = pump.stop().then(() => {
        isStopped = true;
      });
      await settle();
      expect(isStopped).toBe(false);
      open();
      await stopped;

      expect(calls).toBe(1);
      expect(await left()).toEqual(["b"]);
    });

    it("gives back at once what fails then, for the next start", async () => {
      const { open, opened } = gate();
      const pump = start(() => opened.then(() => Promise.reject(new Error("stopping"))));
      await send("a");
      await settle();
      const stopped = pump.stop();
      open();
      await stopped;

      expect((await store.queue.receive("q", { max: 1, waitMs: 0 })).map(({ id, deliveryCount }) => [id, deliveryCount])).toEqual([
        ["a", 2],
      ]);
    });

    it("stops although it waits for a message, and leaves no timer behind", async () => {
      const before = store.clock.pendingCount;
      const pump = start(async () => {});
      await settle();
      await pump.stop();
      expect(store.clock.pendingCount).toBe(before);
    });
  });

  describe("whose queue fails", () => {
    const failing = (method: keyof Queue, times: number): Queue => {
      let left = times;
      return new Proxy(store.queue as Queue, {
        get: (target, name: keyof Queue) =>
          name === method && left-- > 0 ? () => Promise.reject(new Error("server busy")) : (target[name] as () => unknown).bind(target),
      });
    };

    it("asks again two seconds later when it can't receive", async () => {
      let calls = 0;
      start(async () => void calls++, { queue: failing("receive", 2) });
      await send("a");
      const from = store.now();
      await until(() => calls === 1, 50);
      expect(store.now() - from).toBeGreaterThanOrEqual(3_900);
      expect(store.now() - from).toBeLessThan(5_000);
      expect(errors.map(({ event }) => event)).toEqual(["receive_failed", "receive_failed"]);
    });

    it("lets a message come again that it could not finish with", async () => {
      let calls = 0;
      start(async () => void calls++, { queue: failing("complete", 1) });
      await send("a");
      await until(() => calls === 2, 10);
      expect(errors).toMatchObject([{ event: "message_failed", message_id: "a" }]);
    });

    it("lets a message come again that it could not give back, when its lock ends", async () => {
      let calls = 0;
      start(
        async () => {
          if (calls++ === 0) {
            throw new Error("not yet");
          }
        },
        { queue: failing("abandon", 1) },
      );
      await send("a");
      await until(() => calls === 1);
      await store.clock.advance(200);
      expect(calls).toBe(1);
      await until(() => calls === 2, lockMs / 4);
    });
  });
});
