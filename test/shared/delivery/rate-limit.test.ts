import { afterEach, describe, expect, it } from "vitest";
import { type DispatchCrowd, openDispatchCrowd, type Served } from "../../support/dispatch-crowd.ts";
import { status } from "../../support/gateway-in-process.ts";

const second = 1_000;
const perSecond = 5;

/** A server that takes so many requests a second and asks the others to come again a second later. */
function limiter(now: () => number): () => Served {
  const taken = new Map<number, number>();
  return () => {
    const window = Math.floor(now() / second);
    const count = taken.get(window) ?? 0;
    taken.set(window, count + 1);
    const answer = count < perSecond ? status(200) : { ...status(429), headers: { "retry-after": "1" } };
    return { afterMs: 50, answer };
  };
}

/** The same numbers from 0 to 1 at each run, evenly spread. */
function evenly(): () => number {
  let at = 0;
  return () => {
    at = (at + 0.618034) % 1;
    return at;
  };
}

describe("a provider that works and takes five requests a second", () => {
  let crowd: DispatchCrowd;
  afterEach(() => crowd.close());

  it("is sent not much less than it takes, and its config is never in error", async () => {
    crowd = openDispatchCrowd(
      limiter(() => crowd.now()),
      { oneByOne: true, random: evenly() },
    );
    await crowd.config("tenant-a", "a");
    const deliveries = await crowd.queueUp("tenant-a", "a", 6, 50);
    crowd.start();
    await crowd.run(60 * second, second);

    const events = (await Promise.all(deliveries.map(crowd.delivery))).flatMap((delivery) => Object.values(delivery.events));
    expect(events.filter(({ outcome }) => outcome === "delivered").length).toBeGreaterThan(100);
    expect(await crowd.readConfig("tenant-a", "a")).toMatchObject({ status: "active", status_history: [] });
  });
});
