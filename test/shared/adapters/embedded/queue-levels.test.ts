import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestStore } from "../../../support/embedded-store.ts";

describe("how much waits in queues", () => {
  let store: ReturnType<typeof openTestStore>;
  beforeEach(() => {
    store = openTestStore();
  });
  afterEach(() => store.close());

  const send = (queue: string, id: string, inMs = 0) => store.queue.send([{ queue, id, notBefore: store.now() + inMs, body: {} }]);

  it("is nothing for queues that are empty", async () => {
    await send("a", "1");
    const [message] = await store.queue.receive("a", { max: 1, waitMs: 0 });
    await store.queue.complete(message!);
    expect(store.queueLevels()).toEqual([]);
  });

  it("tells what is due, how long the oldest has been, and what is for later", async () => {
    await send("a", "1");
    await store.advance(1_000);
    await send("a", "2");
    await send("a", "3", 60_000);
    await send("b", "1", 60_000);
    await store.advance(500);
    expect(store.queueLevels()).toEqual([
      { queue: "a", ready: 2, scheduled: 1, dead: 0, oldestMs: 1_500 },
      { queue: "b", ready: 0, scheduled: 1, dead: 0, oldestMs: 0 },
    ]);
  });

  it("counts messages in work, and dead ones, also of a queue that has no others", async () => {
    await send("a", "1");
    await send("a", "2");
    const [first] = await store.queue.receive("a", { max: 2, waitMs: 0 });
    await store.queue.deadLetter(first!, "broken");
    expect(store.queueLevels()).toEqual([{ queue: "a", ready: 1, scheduled: 0, dead: 1, oldestMs: 0 }]);
    const [, second] = [first, ...(await store.queue.receive("a", { max: 2, waitMs: 0 }))];
    expect(second).toBeUndefined();
  });
});
