import { randomUUID } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openProbe, type QueueProbe, receive, receiveNothing, receiveOne } from "./queue-probe.ts";
import { settings } from "./servicebus-target.ts";

const queue = "conformance";
let probe: QueueProbe;
/** New for each test, as a real queue remembers the ids of the test before. */
let messageId: string;
beforeEach(async () => {
  messageId = randomUUID();
  probe = await openProbe(queue);
}, 60_000);
afterEach(() => probe.close());

describe("sending and receiving", () => {
  it("delivers a message with everything the sender set, under a lock", async () => {
    const sent = {
      body: { n: 1 },
      messageId,
      correlationId: "c1",
      subject: "s",
      contentType: "application/json",
      timeToLive: 60_000,
      applicationProperties: { text: "x", count: 7, yes: true },
    };
    const before = probe.now();

    await probe.client.createSender(queue).sendMessages(sent);
    const message = await receiveOne(probe.openReceiver());

    expect(message).toMatchObject({ ...sent, deliveryCount: 0, state: "active" });
    expect(message.enqueuedTimeUtc!.getTime()).toBeGreaterThanOrEqual(before - 1000);
    expect(message.lockedUntilUtc!.getTime() - message.enqueuedTimeUtc!.getTime()).toBeGreaterThanOrEqual(settings.lockMs - 10);
    expect(message.lockToken).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("delivers an array and a batch in the order they were sent, and forgets what is completed", async () => {
    const sender = probe.client.createSender(queue);
    const batch = await sender.createMessageBatch();
    for (const body of [[3], null]) expect(batch.tryAddMessage({ body })).toBe(true);

    await sender.sendMessages([{ body: "one" }, { body: { two: 2 } }]);
    await sender.sendMessages(batch);
    const receiver = probe.openReceiver();
    const messages = await receive(receiver, 4);

    expect(messages.map(({ body }) => body)).toEqual(["one", { two: 2 }, [3], null]);
    const seqs = messages.map(({ sequenceNumber }) => Number(sequenceNumber));
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));

    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  it("carries 200 KB, and refuses more than 256 KB, alone or in a batch", async () => {
    const sender = probe.client.createSender(queue);
    const tooLarge = { body: "x".repeat(270_000) };
    const batch = await sender.createMessageBatch();

    await sender.sendMessages({ body: "x".repeat(200_000) });

    expect((await receiveOne(probe.openReceiver())).body).toHaveLength(200_000);
    expect(batch.tryAddMessage(tooLarge)).toBe(false);
    await expect(sender.sendMessages(tooLarge)).rejects.toMatchObject({ code: "MessageSizeExceeded" });
    const half = { body: "x".repeat(135_000) };
    await expect(sender.sendMessages([half, half])).rejects.toMatchObject({ code: "MessageSizeExceeded" });
  });

  it("answers an empty receive when the wait is over, and the receiver still works", async () => {
    const receiver = probe.openReceiver();
    await receiveNothing(receiver);
    await receiveNothing(receiver);

    await probe.send({ body: 1 });

    expect((await receiveOne(receiver)).body).toBe(1);
  });

  it("wakes a receiver that waits", async () => {
    const receiver = probe.openReceiver();
    const waiting = receiveOne(receiver);

    await probe.send({ body: 1 });

    expect((await waiting).body).toBe(1);
  });

  it("gives each message to one of two receivers only", async () => {
    const [first, second] = [probe.openReceiver(), probe.openReceiver()];
    await probe.send(...Array.from({ length: 20 }, (_, body) => ({ body })));

    const bodies = (await Promise.all([receive(first, 10), receive(second, 10)])).flat().map(({ body }) => body);

    expect(new Set(bodies).size).toBe(20);
  });

  it("goes on past the 2,048 deliveries that a session holds", async () => {
    const receiver = probe.openReceiver();
    for (let sent = 0; sent < 2200; sent += 200) await probe.send(...Array.from({ length: 200 }, (_, index) => ({ body: sent + index })));

    const seen = new Set<unknown>();
    while (seen.size < 2200) {
      const messages = await receive(receiver, 200);
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
      for (const { body } of messages) seen.add(body);
    }

    expect(await receiver.peekMessages(1)).toEqual([]);
  }, 120_000);
});

describe("settling", () => {
  it("offers an abandoned message again at once, counted and with the changed properties", async () => {
    const receiver = probe.openReceiver();
    await probe.send({ body: 1 });

    await receiver.abandonMessage(await receiveOne(receiver), { why: "later" });

    expect(await receiveOne(receiver)).toMatchObject({ body: 1, deliveryCount: 1, applicationProperties: { why: "later" } });
  });

  it("sets a message aside with its reason, to be peeked, received and completed in the dead letters", async () => {
    const receiver = probe.openReceiver();
    await probe.send({ body: "bad", messageId });

    await receiver.deadLetterMessage(await receiveOne(receiver), {
      deadLetterReason: "poison",
      deadLetterErrorDescription: "no field",
      at: 3,
    });

    const dead = {
      body: "bad",
      messageId,
      deadLetterReason: "poison",
      deadLetterErrorDescription: "no field",
      deadLetterSource: queue,
    };
    const deadLetters = probe.openDeadLetters();
    expect(await deadLetters.peekMessages(5)).toMatchObject([{ ...dead, applicationProperties: { at: 3 } }]);
    const message = await receiveOne(deadLetters);
    expect(message).toMatchObject(dead);
    await deadLetters.completeMessage(message);
    expect(await deadLetters.peekMessages(5, { fromSequenceNumber: message.sequenceNumber! })).toEqual([]);
    await receiveNothing(receiver);
  });

  it("sets a message aside after too many deliveries", async () => {
    const receiver = probe.openReceiver();
    await probe.send({ body: 1 });

    for (let delivery = 0; delivery < settings.deliveriesMax; delivery += 1) {
      const message = await receiveOne(receiver);
      expect(message.deliveryCount).toBe(delivery);
      await receiver.abandonMessage(message);
    }

    expect(await receiveOne(probe.openDeadLetters())).toMatchObject({ body: 1, deadLetterReason: "MaxDeliveryCountExceeded" });
    await receiveNothing(receiver);
  });
});

describe("looking", () => {
  it("peeks page by page, or from a sequence number on, without locking", async () => {
    const receiver = probe.openReceiver();
    await probe.send(...[0, 1, 2, 3, 4].map((body) => ({ body })));

    const first = await receiver.peekMessages(3);
    const second = await receiver.peekMessages(3);

    expect([...first, ...second].map(({ body }) => body)).toEqual([0, 1, 2, 3, 4]);
    const again = await receiver.peekMessages(2, { fromSequenceNumber: first[1]!.sequenceNumber! });
    expect(again.map(({ body }) => body)).toEqual([1, 2]);
    expect(await receive(receiver, 5)).toHaveLength(5);
  });
});

describe("refusals", () => {
  it("knows no other queue", async () => {
    await expect(probe.client.createSender("missing").sendMessages({ body: 1 })).rejects.toMatchObject({
      code: "MessagingEntityNotFound",
    });
    await expect(probe.client.createReceiver("missing").receiveMessages(1)).rejects.toMatchObject({ code: "MessagingEntityNotFound" });
  });

  it("turns away a client with the wrong key", async () => {
    const forged = probe.connectionString.replace(/SharedAccessKey=[^;]*/, "SharedAccessKey=d3Jvbmc=");
    const client = new ServiceBusClient(forged, { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } });

    await expect(client.createSender(queue).sendMessages({ body: 1 })).rejects.toMatchObject({ code: "UnauthorizedAccess" });

    await client.close();
  });
});
