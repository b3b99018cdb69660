import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fanOutEvents } from "../../../shared/delivery/fan-out-events.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { silentLog } from "../../support/embedded-store.ts";

const bot = { user_agent: "Googlebot/2.1" };

describe("the fan-out of a batch", () => {
  let scene: DeliveryScene;
  beforeEach(() => {
    scene = openDeliveryScene();
  });
  afterEach(() => scene.close());

  const outcomesOf = async (message: { pk: string; batch_id: string }, config: string) => {
    const delivery = await scene.delivery(message, config);
    return (
      delivery && Object.values(delivery.events).map(({ outcome, reason }) => (reason === undefined ? outcome : `${outcome}: ${reason}`))
    );
  };

  it("makes a pending outcome per event and active config, and one message for each config", async () => {
    await scene.config("one");
    await scene.config("two");
    await scene.config("idle", { status: "paused" });
    const message = await scene.post({}, {});

    await scene.fanOut(message);

    for (const config of ["one", "two"]) {
      expect(await outcomesOf(message, config)).toEqual(["pending", "pending"]);
      expect(await scene.delivery(message, config)).toMatchObject({ state: "pending", due_at: scene.now(), provider: "acme" });
      expect(await scene.counts(config)).toEqual({ received: 2, pending: 2 });
    }
    expect(await outcomesOf(message, "idle")).toBeUndefined();
    expect(await scene.batch(message)).toMatchObject({ config_ids: ["one", "two"], due_at: null });
    const sent = await scene.waiting();
    expect(sent.map(({ config_id, attempt, events }) => [config_id, attempt, events.length]).sort()).toEqual([
      ["one", 0, 2],
      ["two", 0, 2],
    ]);
  });

  it("is done with a batch that no config is for", async () => {
    const message = await scene.post({});
    await scene.fanOut(message);
    expect(await scene.batch(message)).toMatchObject({ config_ids: [], due_at: null });
    expect(await scene.waiting()).toEqual([]);
  });

  it("gives an event that names its config to that one only, and does not pass the name on", async () => {
    await scene.config("one");
    await scene.config("two");
    const message = await scene.post({ config_id: "two", event_name: "for two" }, { event_name: "for both" });

    await scene.fanOut(message);

    const sent = await scene.waiting();
    const namesOf = (config: string) =>
      sent.filter(({ config_id }) => config_id === config).flatMap(({ events }) => events.map(({ event_name }) => event_name));
    expect(namesOf("one")).toEqual(["for both"]);
    expect(namesOf("two")).toEqual(["for two", "for both"]);
    expect(JSON.stringify(sent.flatMap(({ events }) => events))).not.toContain("config_id");
  });

  it("gives an event for one provider to that provider's configs only", async () => {
    await scene.config("one");
    await scene.config("other", { provider: "elsewhere" });
    const posted = await scene.post({});
    const message = { ...posted, events: posted.events.map((event) => ({ ...event, provider: "elsewhere" })) };

    await scene.fanOut(message);

    expect(await scene.batch(message)).toMatchObject({ config_ids: ["other"] });
    expect(await scene.waiting()).toEqual([]);
  });

  it("suppresses what names a config that is not active, and sends nothing of it", async () => {
    await scene.config("idle", { status: "paused" });
    const message = await scene.post({ config_id: "idle" });

    await scene.fanOut(message);

    expect(await outcomesOf(message, "idle")).toEqual(["suppressed: config_inactive"]);
    expect(await scene.delivery(message, "idle")).toMatchObject({ state: "suppressed", due_at: null });
    expect(await scene.counts("idle")).toEqual({ received: 1, suppressed: 1, suppressed_config_inactive: 1 });
    expect(await scene.waiting()).toEqual([]);
  });

  it("leaves out another tenant's config, active or named", async () => {
    await scene.config("theirs", { pk: "tenant-b", tenant_id: "tenant-b" });
    const posted = await scene.post({});
    const message = { ...posted, events: [{ ...posted.events[0]!, config_id: "theirs" }] };

    await scene.fanOut(message);

    expect(await scene.batch(message)).toMatchObject({ config_ids: [] });
    expect(await scene.waiting()).toEqual([]);
  });

  it("suppresses bots and other sites by reason, and sends the rest", async () => {
    await scene.config("one", { allowed_domains: ["example.org"] });
    const page = { page_url: "https://example.org/" };
    const message = await scene.post(page, { ...page, ...bot }, { page_url: "https://evilexample.org/" });

    await scene.fanOut(message);

    expect(await outcomesOf(message, "one")).toEqual(["pending", "suppressed: bot", "suppressed: domain_not_allowed"]);
    expect(await scene.delivery(message, "one")).toMatchObject({ state: "mixed" });
    const counts = { received: 3, pending: 1, suppressed: 2, suppressed_bot: 1, suppressed_domain_not_allowed: 1 };
    expect(await scene.counts("one")).toEqual(counts);
    const [sent] = await scene.waiting();
    expect(sent?.events.map(({ id }) => id)).toEqual([message.events[0]?.id]);
  });

  it("counts and sends once although the message comes again", async () => {
    await scene.config("one");
    const message = await scene.post({}, bot);

    await scene.fanOut(message);
    await scene.fanOut(message);

    expect(await scene.counts("one")).toEqual({ received: 2, pending: 1, suppressed: 1, suppressed_bot: 1 });
    expect(await scene.waiting()).toHaveLength(1);
  });

  it("sends, when it comes again, what a process that died in between had written and not sent", async () => {
    await scene.config("one");
    const message = await scene.post({});
    const { outbox } = scene.ports;
    const dying = {
      ...outbox,
      applyThenSend: async (...args: Parameters<typeof outbox.applyThenSend>) => {
        await outbox.applyThenSend(args[0], args[1], args[2], []);
        throw new Error("died");
      },
    };
    await expect(fanOutEvents({ ...scene.ports, outbox: dying })(message, silentLog)).rejects.toThrow("died");
    expect(await scene.waiting()).toEqual([]);

    await scene.fanOut(message);

    expect((await scene.waiting()).map(({ config_id, events }) => [config_id, events.length])).toEqual([["one", 1]]);
    expect(await scene.counts("one")).toEqual({ received: 1, pending: 1 });
  });

  it("keeps to the configs of the first time when the message comes again after they changed", async () => {
    const one = await scene.config("one");
    const message = await scene.post({});
    await scene.fanOut(message);
    await scene.config("two");
    await scene.ports.store.upsert("configs", { ...one, status: "paused" });

    await scene.fanOut(message);

    expect(await scene.batch(message)).toMatchObject({ config_ids: ["one"] });
    expect(await scene.delivery(message, "two")).toBeUndefined();
  });

  it("leaves what was delivered meanwhile as it is when the message comes again late", async () => {
    await scene.config("one");
    const message = await scene.post({});
    await scene.fanOut(message);
    const [sent] = await scene.waiting();
    await scene.dispatch(sent!);
    await scene.clock.jump(24 * 3_600_000);

    await scene.fanOut(message);
    for (const again of await scene.waiting()) {
      await scene.dispatch(again);
    }

    expect(await outcomesOf(message, "one")).toEqual(["delivered"]);
    expect(scene.requests).toHaveLength(1);
    expect((await scene.counts("one"))["received"]).toBe(1);
  });
});
