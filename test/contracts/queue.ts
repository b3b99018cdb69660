import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OutgoingMessage, Queue, QueueSettings, ReceivedMessage, Settlement } from "../../shared/ports/queue.ts";

/** The settings that every adapter opens its queues with; `contractQueues` are their names. */
export const contractQueueSettings: QueueSettings = { lockMs: 30_000, deliveriesMax: 3, duplicateWindowMs: 600_000 };
export const contractQueues = Array.from({ length: 20 }, (_, n) => `contract-${n}`);

/** For what is there already. */
const soonMs = 5_000;

export interface QueueHarness {
  readonly queue: Queue;
  /** Moves the queue's time. */
  advance(ms: number): Promise<void>;
  now(): number;
  close(): Promise<void>;
}

/** What every queue promises: at least once, under lock, counted. */
export function queueContract(name: string, open: () => Promise<QueueHarness>): void {
  describe(`Queue contract: ${name}`, () => {
    let harness: QueueHarness;
    let queue: Queue;
    let used = 0;
    const newQueue = () => contractQueues[used++]!;
    const message = (to: string, id: string, fields: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
      queue: to,
      id,
      body: { n: id },
      ...fields,
    });
    const receive = (from: string, max = 10, waitMs = 0) => queue.receive(from, { max, waitMs });
    /** Receives until there are so many, since what was sent together may come apart. */
    const receiveAll = async (from: string, count: number) => {
      const all: ReceivedMessage[] = [];
      for (let got = 1; got > 0 && all.length < count; ) {
        const more = await receive(from, count - all.length, soonMs);
        got = more.length;
        all.push(...more);
      }
      return all;
    };

    beforeAll(async () => {
      harness = await open();
      queue = harness.queue;
    });
    afterAll(() => harness.close());

    it("gives each message to one receiver, with its body, and never again once completed", async () => {
      const q = newQueue();
      await queue.send([message(q, "a", { body: { text: "åäö 🎯", deep: { list: [1, null, true] } } }), message(q, "b")]);
      const first = await receive(q, 1, soonMs);
      const second = await receive(q, 10, soonMs);
      const all = [...first, ...second];
      expect(all.map(({ id }) => id).sort()).toEqual(["a", "b"]);
      expect(all.find(({ id }) => id === "a")?.body).toEqual({ text: "åäö 🎯", deep: { list: [1, null, true] } });
      expect(all.every(({ deliveryCount }) => deliveryCount === 1)).toBe(true);
      expect(await Promise.all(all.map((one) => queue.complete(one)))).toEqual(["settled", "settled"]);
      await harness.advance(60_000);
      expect(await receive(q)).toEqual([]);
    });

    it("keeps queues apart", async () => {
      const [q, other] = [newQueue(), newQueue()];
      await queue.send([message(q, "a")]);
      expect(await receive(other)).toEqual([]);
      expect(await receive(q, 10, soonMs)).toHaveLength(1);
    });

    it("wakes a waiting receiver when a message comes", async () => {
      const q = newQueue();
      const waiting = queue.receive(q, { max: 1, waitMs: 20_000 });
      await queue.send([message(q, "a")]);
      expect((await waiting).map(({ id }) => id)).toEqual(["a"]);
    });

    it("lets a waiting receiver go when it is told to stop, and gives what comes then to the next one", async () => {
      const [q, other] = [newQueue(), newQueue()];
      const stop = new AbortController();
      const waiting = queue.receive(q, { max: 1, waitMs: 20_000, signal: stop.signal });
      await queue.send([message(other, "before")]);
      stop.abort();
      expect(await waiting).toEqual([]);
      await queue.send([message(q, "a")]);
      // Time for a message to reach a receiver that wrongly waits on.
      await queue.send([message(other, "after")]);
      expect((await receive(q, 1, soonMs)).map(({ id }) => id)).toEqual(["a"]);
    });

    it("gives an abandoned message back at once, with a raised delivery count", async () => {
      const q = newQueue();
      await queue.send([message(q, "a")]);
      const [first] = await receive(q, 1, soonMs);
      expect(await queue.abandon(first!)).toBe("settled");
      const [second] = await receive(q, 1, soonMs);
      expect(second).toMatchObject({ id: "a", deliveryCount: 2 });
    });

    it("settles a message once", async () => {
      const q = newQueue();
      await queue.send([message(q, "a")]);
      const [held] = await receive(q, 1, soonMs);
      expect(await queue.complete(held!)).toBe("settled");
      for (const again of [queue.complete(held!), queue.abandon(held!), queue.deadLetter(held!, "late"), queue.renewLock(held!)]) {
        expect(await again).toBe("lock-lost");
      }
      expect(await queue.peekDeadLetters(q, 10)).toEqual([]);
    });

    it("settles many messages at once, each in its own way", async () => {
      const q = newQueue();
      await queue.send(Array.from({ length: 12 }, (_, n) => message(q, `m${n}`)));
      const held = await receiveAll(q, 12);
      expect(held).toHaveLength(12);
      const ways: ((one: ReceivedMessage) => Promise<Settlement>)[] = [
        (one) => queue.complete(one),
        (one) => queue.abandon(one),
        (one) => queue.deadLetter(one, "malformed"),
        (one) => queue.deadLetter(one, "forbidden"),
      ];
      const idsOf = (way: number) => held.filter((_, n) => n % ways.length === way).map(({ id }) => id);

      expect(new Set(await Promise.all(held.map((one, n) => ways[n % ways.length]!(one))))).toEqual(new Set(["settled"]));

      expect((await receiveAll(q, 3)).map(({ id }) => id).sort()).toEqual(idsOf(1).sort());
      expect(await receive(q)).toEqual([]);
      const dead = await queue.peekDeadLetters(q, 20);
      expect(dead.filter(({ reason }) => reason === "malformed").map(({ id }) => id)).toEqual(idsOf(2));
      expect(dead.filter(({ reason }) => reason === "forbidden").map(({ id }) => id)).toEqual(idsOf(3));
    });

    it("gives a message to somebody else when its lock ends, and refuses the late settlement", async () => {
      const q = newQueue();
      await queue.send([message(q, "a")]);
      const [late] = await receive(q, 1, soonMs);
      expect(await receive(q)).toEqual([]);
      await harness.advance(31_000);
      const [again] = await receive(q, 1, soonMs);
      expect(again).toMatchObject({ id: "a", deliveryCount: 2 });
      expect(await queue.complete(late!)).toBe("lock-lost");
      expect(await queue.complete(again!)).toBe("settled");
    });

    it("keeps a lock that is renewed", async () => {
      const q = newQueue();
      await queue.send([message(q, "a")]);
      const [held] = await receive(q, 1, soonMs);
      await harness.advance(20_000);
      expect(await queue.renewLock(held!)).toBe("settled");
      await harness.advance(20_000);
      expect(await receive(q)).toEqual([]);
      expect(await queue.complete(held!)).toBe("settled");
    });

    it("shows a scheduled message only when its time has come", async () => {
      const q = newQueue();
      await queue.send([message(q, "later", { notBefore: harness.now() + 45_000 }), message(q, "now")]);
      expect((await receive(q, 10, soonMs)).map(({ id }) => id)).toEqual(["now"]);
      await harness.advance(46_000);
      expect((await receiveAll(q, 2)).map(({ id }) => id).sort()).toEqual(["later", "now"]);
    });

    it("swallows a second message of the same id within the window, also after the first was completed", async () => {
      const q = newQueue();
      await queue.send([message(q, "a"), message(q, "a")]);
      const [first, ...others] = await receive(q, 10, soonMs);
      expect(others).toEqual([]);
      await queue.complete(first!);
      await queue.send([message(q, "a")]);
      expect(await receive(q)).toEqual([]);
    });

    it("sets a message aside with the reason, out of everybody's way", async () => {
      const q = newQueue();
      await queue.send([message(q, "a")]);
      const [bad] = await receive(q, 1, soonMs);
      expect(await queue.deadLetter(bad!, "malformed")).toBe("settled");
      expect(await receive(q)).toEqual([]);
      expect(await queue.peekDeadLetters(q, 10)).toMatchObject([{ id: "a", reason: "malformed", body: { n: "a" } }]);
    });

    it("shows the oldest dead letters, as often as it is asked", async () => {
      const q = newQueue();
      await queue.send(["a", "b", "c"].map((id) => message(q, id)));
      for (let aside = 0; aside < 3; aside += 1) {
        const [one] = await receive(q, 1, soonMs);
        await queue.deadLetter(one!, "malformed");
      }
      const all = await queue.peekDeadLetters(q, 10);
      expect(all.map(({ id }) => id).sort()).toEqual(["a", "b", "c"]);
      expect(await queue.peekDeadLetters(q, 2)).toEqual(all.slice(0, 2));
      expect(await queue.peekDeadLetters(q, 10)).toEqual(all);
    });

    it("sets a message aside after its last delivery", async () => {
      const q = newQueue();
      await queue.send([message(q, "a")]);
      for (let delivery = 1; delivery <= contractQueueSettings.deliveriesMax; delivery++) {
        const [one] = await receive(q, 1, soonMs);
        expect(one?.deliveryCount).toBe(delivery);
        await queue.abandon(one!);
      }
      expect(await receive(q, 1, 0)).toEqual([]);
      expect((await queue.peekDeadLetters(q, 10)).map(({ id }) => id)).toEqual(["a"]);
    });

    it("hands five hundred messages to five receivers without giving one twice", async () => {
      const q = newQueue();
      await queue.send(Array.from({ length: 500 }, (_, n) => message(q, `m${n}`)));
      const seen: string[] = [];
      await Promise.all(
        Array.from({ length: 5 }, async () => {
          for (let got = await receive(q, 20, 200); got.length > 0; got = await receive(q, 20, 0)) {
            seen.push(...got.map(({ id }) => id));
            await Promise.all(got.map((one) => queue.complete(one)));
          }
        }),
      );
      // On a busy machine the last of them may come after everybody has gone.
      seen.push(...(await receiveAll(q, 500 - seen.length)).map(({ id }) => id));
      expect(new Set(seen).size).toBe(500);
      expect(seen).toHaveLength(500);
      expect(await receive(q)).toEqual([]);
    });
  });
}
