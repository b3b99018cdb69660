import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openProbe, type QueueProbe, receiveNothing, receiveOne } from "./queue-probe.ts";
import { settings } from "./servicebus-target.ts";

const queue = "conformance-time";
let probe: QueueProbe;
beforeEach(async () => {
  probe = await openProbe(queue);
}, 60_000);
afterEach(() => probe.close());

describe("locks", () => {
  it("offers a message again when its lock ends, and refuses what its first receiver still wants", async () => {
    const receiver = probe.openReceiver();
    await probe.send({ body: 1 });
    const late = await receiveOne(receiver);
    await receiveNothing(receiver);

    await probe.pass(settings.lockMs);

    const again = await receiveOne(receiver);
    expect(again.deliveryCount).toBe(1);
    await expect(receiver.completeMessage(late)).rejects.toMatchObject({ code: "MessageLockLost" });
    await expect(receiver.renewMessageLock(late)).rejects.toMatchObject({ code: "MessageLockLost" });
    await receiver.completeMessage(again);
  });

  it("sets a message aside whose locks end too often", async () => {
    const receiver = probe.openReceiver();
    await probe.send({ body: 1 });

    for (let delivery = 0; delivery < settings.deliveriesMax; delivery += 1) {
      await receiveOne(receiver);
      await probe.pass(settings.lockMs);
    }

    expect((await receiveOne(probe.openDeadLetters())).deadLetterReason).toBe("MaxDeliveryCountExceeded");
  });

  it("starts a lock anew when it is renewed", async () => {
    const receiver = probe.openReceiver();
    await probe.send({ body: 1 });
    const message = await receiveOne(receiver);
    await probe.pass(settings.lockMs * 0.6);

    const until = await receiver.renewMessageLock(message);
    expect(until.getTime()).toBeGreaterThan(probe.now() + settings.lockMs / 2);
    await probe.pass(settings.lockMs * 0.6);

    await receiver.completeMessage(message);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });
});

describe("time", () => {
  const inAWhile = () => new Date(probe.now() + 4000);

  it("keeps a message back until the time set on it", async () => {
    const receiver = probe.openReceiver();
    await probe.send({ body: "later", scheduledEnqueueTimeUtc: inAWhile() });
    await receiveNothing(receiver);

    await probe.pass(4000);

    expect((await receiveOne(receiver)).body).toBe("later");
  });

  it("shows scheduled messages to a peek, delivers them when they are due, and not those cancelled", async () => {
    const sender = probe.client.createSender(queue);
    const receiver = probe.openReceiver();

    const [, second] = await sender.scheduleMessages([{ body: 1 }, { body: 2 }], inAWhile());
    expect((await receiver.peekMessages(5)).map(({ state }) => state)).toEqual(["scheduled", "scheduled"]);
    await sender.cancelScheduledMessages(second!);
    await probe.pass(4000);

    expect((await receiveOne(receiver)).body).toBe(1);
    await receiveNothing(receiver);
    await expect(sender.cancelScheduledMessages(second!)).rejects.toMatchObject({ code: "MessageNotFound" });
  });

  it("swallows a second message of the same id within the window, scheduled or not, and takes it afterwards", async () => {
    const receiver = probe.openReceiver();
    const messageId = randomUUID();
    await probe.send({ body: 1, messageId }, { body: 2, messageId });
    await probe.send({ body: 3, messageId });
    await probe.send({ body: 4, messageId, scheduledEnqueueTimeUtc: inAWhile() });

    await receiver.completeMessage(await receiveOne(receiver));
    expect(await receiver.peekMessages(5)).toEqual([]);
    await probe.pass(settings.duplicateWindowMs);
    await probe.send({ body: 5, messageId });

    expect((await receiveOne(receiver)).body).toBe(5);
  }, 60_000);

  it("sets an expired message aside", async () => {
    await probe.send({ body: "old", timeToLive: 1000 });

    await probe.pass(1000);

    await receiveNothing(probe.openReceiver());
    expect(await receiveOne(probe.openDeadLetters())).toMatchObject({ body: "old", deadLetterReason: "TTLExpiredException" });
  });
});
