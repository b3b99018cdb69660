import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DispatchCrowd, openDispatchCrowd, type Served } from "../../support/dispatch-crowd.ts";
import { status } from "../../support/gateway-in-process.ts";

const second = 1_000;
const quick: Served = { afterMs: 20, answer: status(200) };
const hanging: Served = { afterMs: 60 * second, answer: status(200) };

describe("one provider's queue, which all its configs share", () => {
  let crowd: DispatchCrowd;
  afterEach(() => crowd.close());

  const sentTo = (config: string) => crowd.sent.filter((one) => one.config === config);
  const deliveredBy = async (deliveries: Awaited<ReturnType<DispatchCrowd["queueUp"]>>) =>
    (await Promise.all(deliveries.map(crowd.delivery))).filter(({ state }) => state === "delivered").length;

  it.each(["tenant-a", "tenant-b"])(
    "sends at once to a config that works while another one hangs, of tenant-a; it is %s's",
    async (tenant) => {
      crowd = openDispatchCrowd((config) => (config === "dead" ? hanging : quick));
      await crowd.config("tenant-a", "dead");
      await crowd.config(tenant, "well");
      await crowd.queueUp("tenant-a", "dead", 200);
      crowd.start();
      await crowd.settle();
      const start = crowd.now();
      const well = await crowd.queueUp(tenant, "well", 10);
      await crowd.run(second, 50);

      expect(sentTo("well")).toHaveLength(10);
      expect(sentTo("well").every(({ at }) => at <= start + 500)).toBe(true);
      expect(await deliveredBy(well)).toBe(10);
      expect(sentTo("dead").length).toBeLessThanOrEqual(16);
    },
  );

  it("has at most sixteen messages of a config in work, and seventy-two of a tenant", async () => {
    crowd = openDispatchCrowd(() => hanging);
    const configs = Array.from({ length: 20 }, (_, at) => `dead-${at}`);
    for (const config of configs) {
      await crowd.config("tenant-a", config);
      await crowd.queueUp("tenant-a", config, 20);
    }
    crowd.start();
    await crowd.run(9 * second);

    expect(Math.max(...configs.map((config) => sentTo(config).length))).toBe(16);
    expect(crowd.sent).toHaveLength(72);
  });

  it("keeps workers for a tenant's configs that have nothing in work, however many of its others hang", async () => {
    crowd = openDispatchCrowd((config) => (config === "well" ? quick : hanging));
    await crowd.config("tenant-a", "well");
    for (let at = 0; at < 8; at++) {
      await crowd.config("tenant-a", `dead-${at}`);
      await crowd.queueUp("tenant-a", `dead-${at}`, 30);
    }
    crowd.start();
    await crowd.settle();
    await crowd.queueUp("tenant-a", "well", 5);
    await crowd.run(2 * second, 50);

    expect(sentTo("well")).toHaveLength(5);
  });

  it("keeps workers for tenants who have nothing in work, however many others hang", async () => {
    crowd = openDispatchCrowd((config) => (config === "well" ? quick : hanging));
    await crowd.config("tenant-z", "well");
    for (let at = 0; at < 14; at++) {
      await crowd.config(`tenant-${at}`, `dead-${at}`);
      await crowd.queueUp(`tenant-${at}`, `dead-${at}`, 30);
    }
    crowd.start();
    await crowd.settle();
    await crowd.queueUp("tenant-z", "well", 5);
    await crowd.run(2 * second, 50);

    expect(sentTo("well")).toHaveLength(5);
  });

  it("delays a tenant by no provider's time although another posts a hundred times as much, and sends that one's too", async () => {
    crowd = openDispatchCrowd(() => ({ afterMs: 400, answer: status(200) }));
    await crowd.config("loud", "loud-config");
    await crowd.config("quiet", "quiet-config");
    const loud = await crowd.queueUp("loud", "loud-config", 500);
    const quiet = await crowd.queueUp("quiet", "quiet-config", 5);
    const start = crowd.now();
    crowd.start();
    await crowd.settle();
    await crowd.run(second, 50);

    // All of the loud one's messages stood before them; one by one in 128 hands they would have taken 1.6 s.
    expect(sentTo("quiet-config")).toHaveLength(5);
    expect(Math.max(...sentTo("quiet-config").map(({ at }) => at)) - start).toBeLessThanOrEqual(700);

    // Sixteen at a time: 12.5 s of work, and little more than that.
    await crowd.run(20 * second, second);
    expect(await deliveredBy(quiet)).toBe(5);
    expect(await deliveredBy(loud)).toBe(500);
    expect(crowd.sent).toHaveLength(505);
    expect(crowd.handled()).toBeLessThan(8 * 505);
  });

  describe("does not hand out over and over what has to wait", () => {
    const slow: Served = { afterMs: 9 * second, answer: status(200) };
    /** Has as many of a tenant's messages in work, each of which takes long. */
    const occupy = async (tenant: string, configs: number, each: number) => {
      for (let at = 0; at < configs; at++) {
        await crowd.config(tenant, `slow-${tenant}-${at}`);
        await crowd.queueUp(tenant, `slow-${tenant}-${at}`, each);
      }
    };
    beforeEach(async () => {
      crowd = openDispatchCrowd((config) => (config === "well" ? quick : slow));
      await crowd.config("tenant-a", "well");
    });

    it("while four of the tenant's other configs take all they may, and sends to one that works", async () => {
      await occupy("tenant-a", 5, 16);
      crowd.start();
      await crowd.settle();
      await crowd.queueUp("tenant-a", "well", 200);
      const before = crowd.handled();
      await crowd.run(5 * second, 20);
      expect(sentTo("well")).toHaveLength(200);
      expect(crowd.handled() - before).toBeLessThan(5 * 200);
    });

    it.each<[string, () => Promise<void>]>([
      ["the tenant has all its places taken", () => occupy("tenant-a", 12, 16)],
      [
        "many tenants have all places taken, of which this one has one",
        async () => {
          await occupy("tenant-a", 1, 1);
          for (let at = 0; at < 19; at++) {
            await occupy(`tenant-${at}`, 1, 5);
          }
        },
      ],
    ])("while %s", async (_, fill) => {
      await fill();
      crowd.start();
      await crowd.settle();
      await crowd.queueUp("tenant-a", "well", 200);
      const before = crowd.handled();
      await crowd.run(8 * second, 50);
      expect(crowd.handled() - before).toBeLessThan(10 * 200);
      await crowd.run(72 * second, second);
      expect(sentTo("well")).toHaveLength(200);
    });
  });

  it("has two messages of a config in work once they take long", async () => {
    crowd = openDispatchCrowd(() => ({ afterMs: 5 * second, answer: status(200) }));
    await crowd.config("tenant-a", "slow");
    await crowd.queueUp("tenant-a", "slow", 30);
    crowd.start();
    await crowd.run(4 * second);
    expect(crowd.sent).toHaveLength(16);
    await crowd.run(10 * second);
    expect(crowd.sent.length).toBeGreaterThan(16);
    expect(crowd.sent.length).toBeLessThanOrEqual(16 + 2 * 2);
  });

  it("does not put off what a quick provider takes anyway", async () => {
    crowd = openDispatchCrowd(() => ({ afterMs: 2, answer: status(200) }));
    await crowd.config("tenant-a", "a");
    const deliveries = await crowd.queueUp("tenant-a", "a", 300);
    crowd.start();
    await crowd.settle();
    await crowd.run(300, 1);

    expect(await deliveredBy(deliveries)).toBe(300);
    expect(crowd.handled()).toBe(300);
  });
});
