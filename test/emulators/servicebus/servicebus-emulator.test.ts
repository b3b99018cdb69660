import { ServiceBusClient, type ServiceBusReceiver } from "@azure/service-bus";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startServiceBusEmulator } from "./servicebus-emulator.ts";
import { oneTry, openEmulated, severalTries } from "./servicebus-target.ts";

let target: Awaited<ReturnType<typeof openEmulated>>;
/** A client that tries again. */
let stubborn: ServiceBusClient;
beforeEach(async () => {
  target = await openEmulated({ plain: { deliveriesMax: 5 }, once: { duplicateWindowMs: 20_000 } });
  stubborn = new ServiceBusClient(target.connectionString, severalTries);
});
afterEach(async () => {
  await stubborn.close();
  await target.close();
});

const send = (queue: string, client = target.client) => client.createSender(queue).sendMessages({ body: 1, messageId: "m1" });
const openReceiver = (client = target.client) => client.createReceiver("plain", { maxAutoLockRenewalDurationInMs: 0 });

const soon = { timeout: 20_000 };

/** The codes of all tries. */
const codes = (error: unknown) => (error instanceof AggregateError ? error.errors : [error]).map((one: { code?: string }) => one.code);

async function receiveOne(receiver: ServiceBusReceiver) {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
  return message!;
}

describe("server busy", () => {
  it("is got over by the client's own retry", async () => {
    target.emulator.inject({ operation: "send", kind: "server-busy" });

    await send("plain", stubborn);

    expect(target.emulator.counts("plain").active).toBe(1);
  });

  it("reaches a caller that does not try again, for any operation", async () => {
    const receiver = openReceiver();
    const sender = target.client.createSender("plain");
    await send("plain");
    const message = await receiveOne(receiver);
    for (const operation of ["send", "schedule", "peek", "renew", "settle"] as const) {
      target.emulator.inject({ operation, kind: "server-busy" });
    }

    const refused = { code: "ServiceBusy" };
    await expect(sender.sendMessages({ body: 2 })).rejects.toMatchObject(refused);
    await expect(sender.scheduleMessages({ body: 2 }, new Date(target.now() + 1000))).rejects.toMatchObject(refused);
    await expect(receiver.peekMessages(1)).rejects.toMatchObject(refused);
    await expect(receiver.renewMessageLock(message)).rejects.toMatchObject(refused);
    await expect(receiver.completeMessage(message)).rejects.toMatchObject(refused);
    expect(target.emulator.counts("plain")).toEqual({ active: 0, locked: 1, scheduled: 0, deadLetters: 0 });
  });

  it("strikes as often as it is told to", async () => {
    target.emulator.inject({ operation: "send", kind: "server-busy", times: 2 });

    for (let turn = 0; turn < 2; turn += 1) await expect(send("plain")).rejects.toMatchObject({ code: "ServiceBusy" });
    await send("plain");

    expect(target.emulator.counts("plain").active).toBe(1);
  });

  it("strikes only the queue it is meant for", async () => {
    target.emulator.inject({ operation: "send", kind: "server-busy", queue: "once" });

    await send("plain");

    await expect(send("once")).rejects.toMatchObject({ code: "ServiceBusy" });
  });
});

describe("lock lost", () => {
  it("refuses to settle or renew, and offers the message again", async () => {
    const receiver = openReceiver();
    await send("plain");
    const first = await receiveOne(receiver);

    target.emulator.inject({ operation: "settle", kind: "lock-lost" });
    await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: "MessageLockLost" });
    const second = await receiveOne(receiver);
    target.emulator.inject({ operation: "renew", kind: "lock-lost" });
    await expect(receiver.renewMessageLock(second)).rejects.toMatchObject({ code: "MessageLockLost" });

    expect((await receiveOne(receiver)).deliveryCount).toBe(2);
  });
});

describe("a refusal", () => {
  it.each([0, 1])("concerns only the message it is meant for, be it the first or the second of two: %i", async (refused) => {
    const receiver = openReceiver();
    const sender = target.client.createSender("plain");
    await sender.sendMessages([{ body: 0 }, { body: 1 }]);
    const messages = await receiver.receiveMessages(2, { maxWaitTimeInMs: 5000 });
    await receiver.renewMessageLock(messages[1 - refused]!);
    await target.pass(40_000);
    await receiver.renewMessageLock(messages[1 - refused]!);
    await target.pass(40_000);

    const settled = await Promise.allSettled(messages.map((message) => receiver.completeMessage(message)));

    expect(settled.map(({ status }) => status)).toEqual(refused === 0 ? ["rejected", "fulfilled"] : ["fulfilled", "rejected"]);
  });

  it("concerns only the sender it is meant for", async () => {
    const sender = target.client.createSender("plain");
    await sender.sendMessages({ body: 0 });
    target.emulator.inject({ operation: "send", kind: "server-busy" });

    const sent = await Promise.allSettled([1, 2, 3].map((body) => sender.sendMessages({ body })));

    expect(sent.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(target.emulator.counts("plain").active).toBe(3);
  });
});

describe("dropped connections", () => {
  it("lose nothing that is sent, as the client sends again", async () => {
    target.emulator.inject({ operation: "send", kind: "drop-before" });

    await send("plain", stubborn);

    expect(target.emulator.counts("plain").active).toBe(1);
  });

  it("make two of a message whose receipt got lost, unless the queue knows duplicates", async () => {
    target.emulator.inject({ operation: "send", kind: "drop-after", queue: "plain" });
    await send("plain", stubborn);
    target.emulator.inject({ operation: "send", kind: "drop-after", queue: "once" });
    await send("once", stubborn);

    expect([target.emulator.counts("plain").active, target.emulator.counts("once").active]).toEqual([2, 1]);
  });

  it("leave locks alone: the message can be settled over the next connection", async () => {
    const receiver = openReceiver(stubborn);
    await send("plain", stubborn);
    const message = await receiveOne(receiver);

    target.emulator.dropConnections();
    await receiver.completeMessage(message);

    expect(target.emulator.counts("plain")).toEqual({ active: 0, locked: 0, scheduled: 0, deadLetters: 0 });
  });

  it("make a completed message look unsettled when the receipt got lost", async () => {
    const receiver = openReceiver(stubborn);
    await send("plain", stubborn);
    const message = await receiveOne(receiver);

    target.emulator.inject({ operation: "settle", kind: "drop-after" });

    await expect(receiver.completeMessage(message)).rejects.toSatisfy((error) => codes(error).at(-1) === "MessageLockLost");
    expect(target.emulator.counts("plain").locked).toBe(0);
  });

  it("leave sender and receiver usable", async () => {
    const receiver = openReceiver(stubborn);
    const sender = stubborn.createSender("plain");
    await sender.sendMessages({ body: "before" });
    await receiver.completeMessage(await receiveOne(receiver));

    target.emulator.dropConnections();
    await sender.sendMessages({ body: "after" });

    expect((await receiveOne(receiver)).body).toBe("after");
  });
});

describe("dropped connections of a subscription", () => {
  it("are made anew by the client itself", async () => {
    const seen: unknown[] = [];
    const handlers = { processMessage: async ({ body }: { body: unknown }) => void seen.push(body), processError: async () => {} };
    const subscription = openReceiver(stubborn).subscribe(handlers);
    const sender = stubborn.createSender("plain");
    await sender.sendMessages({ body: "before" });
    await expect.poll(() => seen, soon).toEqual(["before"]);

    target.emulator.dropConnections();
    await sender.sendMessages({ body: "after" });

    await expect.poll(() => seen, soon).toContain("after");
    await subscription.close();
  });
});

describe("what is not emulated", () => {
  it("is refused rather than done wrongly", async () => {
    const receiver = openReceiver();
    await send("plain");
    const message = await receiveOne(receiver);

    await expect(receiver.deferMessage(message)).rejects.toMatchObject({ name: "ServiceBusError" });
    await expect(target.client.createReceiver("plain", { receiveMode: "receiveAndDelete" }).receiveMessages(1)).rejects.toThrow();
    await expect(target.client.acceptSession("plain", "s")).rejects.toThrow();
  });
});

describe("time", () => {
  it("lets the client renew locks by itself", async () => {
    const lockMs = 1_500;
    const emulator = await startServiceBusEmulator({ queues: { plain: { lockMs } } });
    const client = new ServiceBusClient(emulator.connectionString, oneTry);
    await send("plain", client);
    const receiver = client.createReceiver("plain");
    const message = await receiveOne(receiver);
    const lockEnd = message.lockedUntilUtc!.getTime();

    await expect.poll(() => message.lockedUntilUtc!.getTime(), soon).toBeGreaterThan(lockEnd + lockMs);

    await receiver.completeMessage(message);
    expect(emulator.counts("plain")).toMatchObject({ active: 0, locked: 0 });
    await client.close();
    await emulator.close();
  });

  it("passes by itself when no clock is given", async () => {
    const emulator = await startServiceBusEmulator({ queues: { plain: { lockMs: 50 } } });
    const client = new ServiceBusClient(emulator.connectionString, oneTry);
    await send("plain", client);
    const receiver = client.createReceiver("plain", { maxAutoLockRenewalDurationInMs: 0 });

    await receiveOne(receiver);

    expect((await receiveOne(receiver)).deliveryCount).toBe(1);
    await client.close();
    await emulator.close();
  });
});
