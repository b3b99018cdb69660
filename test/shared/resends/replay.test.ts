import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readReceipt } from "../../../shared/delivery/read-receipt.ts";
import type { DocumentStore } from "../../../shared/ports/document-store.ts";
import { status } from "../../support/gateway-in-process.ts";
import { openResendScene, type ResendScene } from "../../support/resend-scene.ts";

const day = 86_400_000;

/** The store, of which some calls fail. */
const failingStore = (store: DocumentStore, isFatal: (method: string, args: readonly unknown[]) => boolean): DocumentStore =>
  new Proxy(store, {
    get:
      (target, method: keyof DocumentStore) =>
      async (...args: never[]) => {
        if (isFatal(method, args)) {
          throw new Error("a mistake of ours");
        }
        return (target[method] as (...args: never[]) => unknown).apply(target, args);
      },
  });

describe("a replay", () => {
  let scene: ResendScene;
  beforeEach(async () => {
    scene = await openResendScene();
    await scene.config("one");
  });
  afterEach(() => scene.close());

  const delivered = async (...events: readonly object[]) => {
    const posted = await scene.post(...events);
    await scene.fanOut(posted);
    await scene.deliverAll();
    scene.requests.length = 0;
    return posted;
  };

  it("sends what was stored before a config was made to that config, and counts it as received there", async () => {
    const posted = await delivered({ event_name: "a" }, { event_name: "b" });
    const keyed = await delivered({ event_name: "c", idempotency_key: "key-c" });
    await scene.config("two");
    expect(await scene.replay({ config_id: "two" })).toMatchObject({ counted: 3, replayed: 3, skipped: {} });
    expect(await scene.counts("two")).toMatchObject({ received: 3, pending: 3 });
    await scene.deliverAll();
    expect([await scene.outcomes(posted, "two"), await scene.outcomes(keyed, "two")]).toEqual([["delivered", "delivered"], ["delivered"]]);
    expect(scene.sentNames().sort()).toEqual(["a", "b", "c"]);
    expect(await scene.counts("two")).toMatchObject({ received: 3, delivered: 3, pending: 0 });
    expect(await scene.counts("one")).toMatchObject({ received: 3, delivered: 3 });
    const receipt = await readReceipt(scene.ports)(scene.tenant, posted.events[0]!.id);
    expect(Object.keys(receipt.deliveries).sort()).toEqual(["one", "two"]);
    expect(receipt.deliveries["two"]).toMatchObject({ outcome: "delivered", attempts: [{ without_address: true }] });
  });

  it("leaves alone what was delivered, unless it is asked to send that too", async () => {
    const posted = await delivered({ event_name: "a" });
    expect(await scene.replay({})).toMatchObject({ counted: 1, replayed: 0, skipped: { delivered: 1 } });
    expect(await scene.waiting()).toEqual([]);
    expect(await scene.replay({ again: true })).toMatchObject({ replayed: 1 });
    expect(await scene.counts("one")).toMatchObject({ received: 1, delivered: 0, pending: 1 });
    await scene.deliverAll();
    expect(scene.sentNames()).toEqual(["a"]);
    expect(await scene.counts("one")).toMatchObject({ received: 1, delivered: 1, pending: 0 });
    expect((await scene.delivery(posted, "one"))!.events[posted.events[0]!.id]!.attempts).toHaveLength(2);
  });

  it("sends nothing twice when the same is asked for again, and says what it skipped", async () => {
    await delivered({ event_name: "sure" }, { event_name: "unsure" });
    scene.scene.answer = ({ body }) => status(body?.includes("unsure") ? 204 : 200);
    await scene.config("two");
    expect(await scene.replay({ config_id: "two" })).toMatchObject({ replayed: 2 });
    expect(await scene.replay({ config_id: "two" })).toMatchObject({ replayed: 0, skipped: { on_its_way: 2 } });
    await scene.deliverAll();
    expect(await scene.replay({ config_id: "two" })).toMatchObject({ replayed: 0, skipped: { delivered: 1, accepted_unverifiable: 1 } });
    await scene.deliverAll();
    expect(scene.sentNames().sort()).toEqual(["sure", "unsure"]);
  });

  it("gives another chance to what was refused or suppressed, and says so in the books", async () => {
    scene.scene.answer = () => status(400);
    const refused = await delivered({ event_name: "a" });
    scene.scene.answer = () => status(200);
    await scene.config("one", { filter: { include_events: ["a"] } as never });
    const filtered = await delivered({ event_name: "b" });
    expect(await scene.counts("one")).toMatchObject({ received: 2, rejected: 1, suppressed: 1, suppressed_filtered: 1 });
    await scene.config("one");
    expect(await scene.replay({})).toMatchObject({ replayed: 2 });
    await scene.deliverAll();
    expect([await scene.outcomes(refused), await scene.outcomes(filtered)]).toEqual([["delivered"], ["delivered"]]);
    expect(await scene.counts("one")).toMatchObject({ received: 2, rejected: 0, suppressed: 0, suppressed_filtered: 0, delivered: 2 });
  });

  it("leaves alone what waits for its next attempt, with the visitor's address, in the same batch", async () => {
    scene.scene.answer = ({ body }) => status(body === '["a"]' ? 400 : 500);
    await scene.fanOut(await scene.post({ event_name: "a" }, { event_name: "x", context: { ip: "198.51.100.7" } }));
    for (let attempt = 0; attempt < 4; attempt++) {
      const [message] = await scene.waiting();
      await scene.dispatch(message!);
      await scene.clock.jump(attempt === 3 ? 0 : 270_000);
    }
    scene.scene.answer = () => status(200);
    expect(await scene.replay({})).toMatchObject({ replayed: 1, skipped: { on_its_way: 1 } });
    const [replayed] = await scene.waiting();
    await scene.dispatch(replayed!);
    await scene.clock.jump(240_000);
    await scene.sweep();
    expect(await scene.waiting()).toEqual([]);
    await scene.clock.jump(600_000);
    expect(await scene.waiting()).toMatchObject([{ attempt: 4, events: [{ event_name: "x", client_ip: "198.51.100.7" }] }]);
  });

  it("goes by the rules of the config as they are now", async () => {
    await delivered({ event_name: "a" }, { event_name: "b" }, { event_name: "c", user_agent: "Googlebot/2.1" });
    await scene.config("two", { filter: { include_events: ["a"] } as never });
    expect(await scene.replay({ config_id: "two" })).toMatchObject({ counted: 3, replayed: 1, skipped: { filtered: 1, bot: 1 } });
    await scene.config("three", { status: "paused" });
    expect(await scene.replay({ config_id: "three" })).toMatchObject({ replayed: 0, skipped: { config_inactive: 3 } });
    await scene.config("four", { late_after_seconds: 60 });
    expect(await scene.replay({ config_id: "four" })).toMatchObject({ replayed: 0, skipped: { late: 2, bot: 1 } });
    expect(await scene.counts("four")).toEqual({});
  });

  it("takes events of the span and the names asked for, and those that their sender meant for this config", async () => {
    const first = await delivered({ event_name: "a" });
    const since = new Date(scene.clock.now()).toISOString();
    await delivered({ event_name: "a" }, { event_name: "b" }, { event_name: "a", config_id: "one" });
    const until = new Date(scene.clock.now()).toISOString();
    await delivered({ event_name: "a" });
    await scene.config("two");
    const asked = { config_id: "two", since, until, event_names: ["a"] };
    expect(await scene.replay({ ...asked, dry_run: true })).toMatchObject({ counted: 2, replayed: 0, skipped: { addressed_elsewhere: 1 } });
    expect(await scene.counts("two")).toEqual({});
    expect(await scene.replay(asked)).toMatchObject({ counted: 2, replayed: 1, skipped: { addressed_elsewhere: 1 } });
    expect(await scene.outcomes(first, "two")).toEqual([undefined]);
    await scene.deliverAll();
    expect(scene.sentNames()).toEqual(["a"]);
    expect(await scene.replay({ ...asked, event_names: ["b"] })).toMatchObject({ replayed: 1 });
    expect(await scene.counts("two")).toMatchObject({ received: 2, delivered: 1, pending: 1 });
  });

  it("ends with what was received before it was asked for, though the span goes on", async () => {
    const before = await delivered({ event_name: "before" });
    await scene.config("two");
    const until = new Date(scene.clock.now() + day).toISOString();
    const { id } = await scene.begin.replay({ config_id: "two", until, again: true });
    const [first] = await scene.steps();
    await scene.clock.jump(1_000);
    const after = await delivered({ event_name: "after" });
    await scene.step(first!);
    expect(await scene.finish(id, "replay")).toMatchObject({ counted: 1, replayed: 1 });
    expect([await scene.outcomes(before, "two"), await scene.outcomes(after, "two")]).toEqual([["pending"], ["delivered"]]);
    expect((await scene.delivery(after, "two"))!.events[after.events[0]!.id]!.resent).toBeUndefined();
  });

  it("keeps off what is still on its way to its first configs", async () => {
    const posted = await scene.post({ event_name: "a" });
    expect(await scene.replay({})).toMatchObject({ counted: 1, replayed: 0, skipped: { on_its_way: 1 } });
    await scene.fanOut(posted);
    expect(await scene.replay({ again: true })).toMatchObject({ replayed: 0, skipped: { on_its_way: 1 } });
    await scene.deliverAll();
    expect(scene.sentNames()).toEqual(["a"]);
  });

  it("says how many documents it failed to handle, and of ten of them which", async () => {
    const batches: string[] = [];
    for (let at = 0; at < 12; at++) {
      batches.push((await delivered({ event_name: "a" })).batch_id);
    }
    await scene.config("two");
    const isMistaken = (id: unknown) => String(id).endsWith(":two") && !String(id).startsWith(batches[0]!);
    const store = failingStore(scene.ports.store, (method, [, , id]) => method === "get" && isMistaken(id));
    const { id } = await scene.begin.replay({ config_id: "two" });
    for (let messages = await scene.steps(); messages.length > 0; messages = await scene.steps()) {
      await Promise.all(messages.map((message) => scene.step(message, { ...scene.ports, store })));
    }
    const report = await scene.finish(id, "replay");
    expect(report).toMatchObject({ counted: 1, replayed: 1, failed: 11 });
    expect(report.errors).toHaveLength(10);
  });

  it("prolongs the life of nothing that it rewrites", async () => {
    const posted = await delivered({ event_name: "a" });
    const received = Date.parse(posted.received_at);
    const span = { since: new Date(received).toISOString(), until: new Date(received + 1000).toISOString() };
    await scene.clock.jump(530 * day);
    await scene.config("one");
    await scene.config("two");
    expect(await scene.replay({ ...span, config_id: "one", again: true })).toMatchObject({ replayed: 1 });
    expect(await scene.replay({ ...span, config_id: "two" })).toMatchObject({ replayed: 1 });
    await scene.deliverAll();
    expect([await scene.outcomes(posted), await scene.outcomes(posted, "two")]).toEqual([["delivered"], ["delivered"]]);
    await scene.clock.jump(received + 542 * day - scene.clock.now());
    expect([await scene.delivery(posted, "one"), await scene.delivery(posted, "two")]).toEqual([undefined, undefined]);
    expect(await scene.store.get("deliveries", posted.pk, posted.batch_id)).toBeUndefined();
  });

  it("says how many events are gone", async () => {
    const posted = await delivered({ event_name: "a" });
    await scene.config("two");
    await scene.store.delete("events", posted.pk, posted.batch_id);
    expect(await scene.replay({ config_id: "two" })).toMatchObject({ counted: 1, replayed: 0, skipped: { event_gone: 1 } });
  });
});
