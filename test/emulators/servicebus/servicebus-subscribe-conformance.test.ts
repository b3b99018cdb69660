import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openProbe, type QueueProbe, receiveNothing, receiveOne } from "./queue-probe.ts";
import { settings } from "./servicebus-target.ts";

const queue = "conformance";
let probe: QueueProbe;
beforeEach(async () => {
  probe = await openProbe(queue);
}, 60_000);
afterEach(() => probe.close());

/** Subscribes as the Functions host does; `sources` says where what went wrong came from. */
function subscribe(handler: (message: ServiceBusReceivedMessage) => Promise<void>, maxConcurrentCalls = 3) {
  const sources: string[] = [];
  const processError = async ({ errorSource }: { errorSource: string }) => void sources.push(errorSource);
  const receiver = probe.client.createReceiver(queue);
  return { sources, ...receiver.subscribe({ processMessage: handler, processError }, { maxConcurrentCalls }) };
}

/** Waits until what was under way is done, in a real namespace too. */
const soon = { timeout: 20_000, interval: 10 };

describe("a subscription", () => {
  it("completes what its handler takes, and offers again what it throws on until that is set aside", async () => {
    await probe.send({ body: "good" }, { body: "bad" }, { body: "fine" });
    const seen: string[] = [];

    const subscription = subscribe(async ({ body, deliveryCount }) => {
      seen.push(`${body} ${deliveryCount}`);
      if (body === "bad") throw new Error("refused by the handler");
      // One at a time: the client gives neighbours that end in the same turn of the event loop the outcome of the first.
    }, 1);

    expect(await receiveOne(probe.openDeadLetters())).toMatchObject({ body: "bad", deadLetterReason: "MaxDeliveryCountExceeded" });
    await subscription.close();
    expect(seen.sort()).toEqual(["bad 0", "bad 1", "bad 2", "fine 0", "good 0"]);
    expect(subscription.sources).toEqual(Array(settings.deliveriesMax).fill("processMessageCallback"));
    await receiveNothing(probe.openReceiver());
  });

  it("shares a queue with another, each message once", async () => {
    const seen: [string, unknown][] = [];
    const [first, second] = ["first", "second"].map((name) => subscribe(async ({ body }) => void seen.push([name, body])));

    await probe.send(...Array.from({ length: 60 }, (_, body) => ({ body })));

    await expect.poll(() => seen.length, soon).toBe(60);
    await Promise.all([first!.close(), second!.close()]);
    expect(new Set(seen.map(([, body]) => body)).size).toBe(60);
    expect(new Set(seen.map(([name]) => name)).size).toBe(2);
  });

  it("takes nothing more once it is closed", async () => {
    const subscription = subscribe(async () => {});
    await probe.send({ body: 1 });
    await expect.poll(() => probe.openReceiver().peekMessages(1), soon).toEqual([]);

    await subscription.close();
    await probe.send({ body: 2 });

    expect((await receiveOne(probe.openReceiver())).body).toBe(2);
  });
});
