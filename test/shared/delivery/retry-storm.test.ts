import { afterEach, describe, expect, it } from "vitest";
import { type DispatchCrowd, openDispatchCrowd, type Served } from "../../support/dispatch-crowd.ts";
import { status } from "../../support/gateway-in-process.ts";

const second = 1_000;
const taken: Served = { afterMs: 50, answer: status(200) };
const limited: Served = { afterMs: 50, answer: { ...status(429), headers: { "retry-after": "30" } } };

describe("ten thousand events of a config whose provider asks to be left alone for half a minute", () => {
  let crowd: DispatchCrowd;
  afterEach(() => crowd.close());

  it("make sixteen requests and then one per opening, no retry of theirs is used up, and all are delivered", async () => {
    const start = Date.UTC(2026, 0, 1);
    const isLimited = (now: number) => now < start + 45 * second;
    crowd = openDispatchCrowd(() => (isLimited(crowd.now()) ? limited : taken));
    await crowd.config("tenant-a", "a");
    const deliveries = await crowd.queueUp("tenant-a", "a", 200, 50);
    crowd.start();
    await crowd.run(29 * second, second);
    // As many messages as may be in work at once were sent before the first answer.
    expect(crowd.sent).toHaveLength(16);
    expect(await crowd.readConfig("tenant-a", "a")).toMatchObject({
      status: "error",
      status_reason: "the provider asked to wait (Retry-After)",
      status_history: [{ from: "active", to: "error", by: "gateway" }],
    });

    await crowd.run(31 * second, second);
    expect(crowd.sent).toHaveLength(17);
    expect(crowd.handled()).toBeLessThan(10 * 200);

    await crowd.run(300 * second, second);
    const states = await Promise.all(deliveries.map(crowd.delivery));
    expect(states.filter(({ state }) => state === "delivered")).toHaveLength(200);
    const attempts = states.map(({ events }) => Math.max(...Object.values(events).map((event) => event.attempts.length)));
    expect(attempts.filter((count) => count > 1).length).toBeLessThanOrEqual(17);
    expect(await crowd.readConfig("tenant-a", "a")).toMatchObject({ status: "active" });
    expect(crowd.sent).toHaveLength(217);
  });
});
