import { ServiceBusClient } from "@azure/service-bus";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openServiceBusClient } from "../../../../shared/adapters/azure/service-bus-client.ts";
import { ServiceBusQueue } from "../../../../shared/adapters/azure/service-bus-queue.ts";
import type { OutgoingMessage } from "../../../../shared/ports/queue.ts";
import { contractQueueSettings, contractQueues, queueContract } from "../../../contracts/queue.ts";
import { type ServiceBusEmulator, startServiceBusEmulator } from "../../../emulators/servicebus/servicebus-emulator.ts";
import { oneTry, severalTries } from "../../../emulators/servicebus/servicebus-target.ts";

queueContract("Service Bus", async () => {
  let passed = 0;
  const now = () => Date.now() + passed;
  const queues = Object.fromEntries(contractQueues.map((name) => [name, contractQueueSettings]));
  const emulator = await startServiceBusEmulator({ queues, now });
  const client = openServiceBusClient(emulator);
  return {
    queue: new ServiceBusQueue(() => client, { now }),
    now,
    advance: async (ms) => {
      passed += ms;
      emulator.tick();
    },
    close: async () => {
      await client.close();
      await emulator.close();
    },
  };
});

describe("the Service Bus queue", () => {
  const clock = { now: () => Date.UTC(2026, 0, 1) };
  const later = clock.now() + 60_000;
  const unavailable = { name: "Problem", code: "store-unavailable" };
  const message = (id: string, fields: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
    queue: "events",
    id,
    body: { id },
    ...fields,
  });
  const clients: ServiceBusClient[] = [];
  let emulator: ServiceBusEmulator;
  let queue: ServiceBusQueue;

  const open = (client: ServiceBusClient) => {
    clients.push(client);
    return new ServiceBusQueue(() => client, clock);
  };
  const receiveOne = async (from = queue) => {
    const [one] = await from.receive("events", { max: 1, waitMs: 5_000 });
    return one!;
  };

  beforeEach(async () => {
    emulator = await startServiceBusEmulator({
      queues: { events: contractQueueSettings, webhooks: contractQueueSettings },
      now: clock.now,
    });
    queue = open(openServiceBusClient(emulator));
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await emulator.close();
  });

  it("makes no client before there is something to do", async () => {
    let made = 0;
    const lazy = new ServiceBusQueue(() => {
      made += 1;
      return clients[0]!;
    }, clock);
    expect(made).toBe(0);

    await lazy.send([message("a")]);

    expect(made).toBeGreaterThan(0);
  });

  it("sends more than one operation takes, to several queues at once", async () => {
    const text = "x".repeat(60_000);
    const events = Array.from({ length: 10 }, (_, n) => message(`m${n}`, { body: { text } }));

    await queue.send([...events, message("w", { queue: "webhooks" })]);

    expect([emulator.counts("events").active, emulator.counts("webhooks").active]).toEqual([10, 1]);
  });

  it("calls a message that no operation takes our own mistake, not the broker's", async () => {
    const tooLarge = message("a", { body: { text: "x".repeat(270_000) } });

    await expect(queue.send([tooLarge])).rejects.toThrow(RangeError);
  });

  it("schedules each message for its own time, and sends at once what is due", async () => {
    await queue.send([
      message("now"),
      message("past", { notBefore: clock.now() - 1 }),
      message("soon", { notBefore: later }),
      message("later", { notBefore: later + 1 }),
    ]);

    expect(emulator.counts("events")).toMatchObject({ active: 2, scheduled: 2 });
  });

  it("sends again when the broker is busy for a moment", async () => {
    emulator.inject({ operation: "send", kind: "server-busy" });

    await queue.send([message("a")]);

    expect(emulator.counts("events").active).toBe(1);
  });

  it("says that the queue can't answer when the broker stays busy", async () => {
    const hasty = open(new ServiceBusClient(emulator.connectionString, oneTry));
    await hasty.send([message("a")]);
    const held = await receiveOne(hasty);
    for (const operation of ["send", "settle", "peek", "receive"] as const) emulator.inject({ operation, kind: "server-busy" });
    emulator.inject({ operation: "renew", kind: "server-busy", times: 2 });

    await expect(hasty.send([message("b")])).rejects.toMatchObject(unavailable);
    await expect(hasty.complete(held)).rejects.toMatchObject(unavailable);
    await expect(hasty.renewLock(held)).rejects.toMatchObject(unavailable);
    await expect(hasty.peekDeadLetters("events", 1)).rejects.toMatchObject(unavailable);
    await expect(hasty.receive("webhooks", { max: 1, waitMs: 0 })).rejects.toMatchObject(unavailable);
  });

  it("says that the queue can't answer when there is none of the name", async () => {
    await expect(queue.send([message("a", { queue: "missing" })])).rejects.toMatchObject(unavailable);
    await expect(queue.receive("missing", { max: 1, waitMs: 0 })).rejects.toMatchObject(unavailable);
  });

  it("tells a lock that the broker gave up from a broker that can't answer", async () => {
    await queue.send([message("a")]);
    for (const [operation, act] of [
      ["settle", "complete"],
      ["renew", "renewLock"],
    ] as const) {
      const held = await receiveOne();
      emulator.inject({ operation, kind: "lock-lost" });

      expect(await queue[act](held)).toBe("lock-lost");
    }
  });

  it("reports the lock as lost when the receipt of a settlement got lost", async () => {
    const stubborn = open(new ServiceBusClient(emulator.connectionString, severalTries));
    await stubborn.send([message("a")]);
    const held = await receiveOne(stubborn);
    emulator.inject({ operation: "settle", kind: "drop-after" });

    expect(await stubborn.complete(held)).toBe("lock-lost");

    expect(emulator.counts("events")).toMatchObject({ active: 0, locked: 0 });
  });

  it("renews a lock although the broker is busy for a moment", async () => {
    await queue.send([message("a")]);
    const held = await receiveOne();
    emulator.inject({ operation: "renew", kind: "server-busy" });

    expect(await queue.renewLock(held)).toBe("settled");
  });

  it.each([
    ["complete", { active: 0, locked: 0 }],
    ["abandon", { active: 1, locked: 0 }],
  ] as const)("can %s what came over a connection that is gone", async (act, counts) => {
    const stubborn = open(new ServiceBusClient(emulator.connectionString, severalTries));
    await stubborn.send([message("a")]);
    const held = await receiveOne(stubborn);

    emulator.dropConnections();

    expect(await stubborn[act](held)).toBe("settled");
    expect(emulator.counts("events")).toMatchObject(counts);
  });

  it("gives what is there and does not wait for others as long as it would have for the first", async () => {
    await queue.send([message("a"), message("b")]);
    await receiveOne();
    const startedAt = performance.now();

    expect(await queue.receive("events", { max: 50, waitMs: 20_000 })).toHaveLength(1);

    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it("settles what it got before it was told to stop receiving", async () => {
    await queue.send([message("a"), message("b")]);
    const [first, second] = [await receiveOne(), await receiveOne()];
    const stop = new AbortController();
    const stopped = queue.receive("events", { max: 1, waitMs: 20_000, signal: stop.signal });
    stop.abort();
    await stopped;

    expect(await queue.complete(first)).toBe("settled");
    expect(await queue.deadLetter(second, "malformed")).toBe("settled");

    expect(emulator.counts("events")).toEqual({ active: 0, locked: 0, scheduled: 0, deadLetters: 1 });
    expect(await queue.peekDeadLetters("events", 1)).toMatchObject([{ id: "b", reason: "malformed" }]);
  });

  it("reaches a namespace by its name with an identity too", async () => {
    const credential = { getToken: async () => ({ token: "t", expiresOnTimestamp: later }) };

    const client = openServiceBusClient({ fullyQualifiedNamespace: "carreau.servicebus.windows.net", credential });

    expect(client.fullyQualifiedNamespace).toBe("carreau.servicebus.windows.net");
    await client.close();
  });
});
