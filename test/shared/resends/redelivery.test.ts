import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Delivery, deliveryId } from "../../../shared/delivery/delivery.ts";
import { listDeadLetters } from "../../../shared/delivery/list-dead-letters.ts";
import type { EventsMessage } from "../../../shared/events/events-message.ts";
import { documentBytesMax } from "../../../shared/resends/plan.ts";
import { planRedelivery } from "../../../shared/resends/plan-redelivery.ts";
import { documentId, type Resend } from "../../../shared/resends/resend.ts";
import { workOnUnits } from "../../../shared/resends/work-on-units.ts";
import { silentLog } from "../../support/embedded-store.ts";
import { fakeProvider } from "../../support/fake-provider.ts";
import { status } from "../../support/gateway-in-process.ts";
import { openResendScene, type ResendScene } from "../../support/resend-scene.ts";

const day = 86_400_000;

describe("a redelivery", () => {
  let scene: ResendScene;
  beforeEach(async () => {
    scene = await openResendScene();
    await scene.config("one");
  });
  afterEach(() => scene.close());

  const list = async (filter = {}) => (await listDeadLetters(scene.ports)(scene.tenant, { limit: 50, ...filter })).items;

  it("delivers everything after a provider was down for longer than all retries", async () => {
    const posted = await scene.deadLetters({ event_name: "a" }, { event_name: "b" }, { event_name: "c" });
    expect(await scene.outcomes(posted)).toEqual(["dead_lettered", "dead_lettered", "dead_lettered"]);
    expect(await scene.counts("one")).toMatchObject({ received: 3, dead_lettered: 3 });

    const report = await scene.redeliver({ all: true });
    expect(report).toMatchObject({ status: "done", counted: 3, redelivered: 3, skipped: {}, errors: [] });
    expect(await scene.counts("one")).toMatchObject({ received: 3, dead_lettered: 0, pending: 3 });
    await scene.deliverAll();
    expect(await scene.outcomes(posted)).toEqual(["delivered", "delivered", "delivered"]);
    expect(scene.sentNames().sort()).toEqual(["a", "b", "c"]);
    expect(await scene.counts("one")).toMatchObject({ received: 3, dead_lettered: 0, pending: 0, delivered: 3 });
    expect(await list()).toEqual([]);
  });

  it("is not needed after six hours: retries deliver everything by themselves", async () => {
    const upAt = scene.clock.now() + 6 * 3_600_000;
    scene.scene.answer = () => status(scene.clock.now() < upAt ? 503 : 200);
    const posted = await scene.post({ event_name: "a" }, { event_name: "b" });
    await scene.fanOut(posted);
    await scene.deliverAll();
    expect(await scene.outcomes(posted)).toEqual(["delivered", "delivered"]);
    expect(await list()).toEqual([]);
    expect(await scene.redeliver({ all: true })).toMatchObject({ counted: 0 });
  });

  it("keeps what was tried before, numbers on, and says that the visitor's address is gone", async () => {
    const posted = await scene.deadLetters({ event_name: "a" });
    await scene.redeliver({ all: true });
    await scene.deliverAll();
    const event = (await scene.delivery(posted, "one"))!.events[posted.events[0]!.id]!;
    expect(event.attempts).toHaveLength(10);
    expect(event.attempts.slice(0, 9).filter((attempt) => "without_address" in attempt)).toEqual([]);
    expect(event.attempts[9]).toMatchObject({ status: 200, without_address: true });
    expect(event.resent).toMatchObject({ from_attempt: 9 });
    expect(event.dead_lettered_at).toBeUndefined();
  });

  it("retries for as long as the first time, and makes dead letters of what still fails", async () => {
    const posted = await scene.deadLetters({ event_name: "a" });
    const began = scene.clock.now();
    await scene.redeliver({ all: true });
    scene.scene.answer = () => status(500);
    await scene.deliverAll();
    const event = (await scene.delivery(posted, "one"))!.events[posted.events[0]!.id]!;
    expect(event).toMatchObject({ outcome: "dead_lettered", reason: "status 500" });
    expect(event.attempts).toHaveLength(18);
    const waits = event.attempts.map(({ at }) => Date.parse(at)).map((at, index, all) => at - (all[index - 1] ?? at));
    expect(waits.slice(10).every((wait, index) => wait >= 30_000 * 3 ** index)).toBe(true);
    expect(Date.parse(event.dead_lettered_at!) - began).toBeGreaterThan(27 * 3_600_000);
    const [item] = await list();
    expect(item).toMatchObject({ event_id: posted.events[0]!.id, reason: "status 500", attempts: 18 });

    scene.scene.answer = () => status(200);
    expect(await scene.redeliver({ all: true })).toMatchObject({ redelivered: 1 });
    await scene.deliverAll();
    expect(await scene.outcomes(posted)).toEqual(["delivered"]);
  });

  it("sends nothing a second time when it is asked for twice", async () => {
    await scene.deadLetters({ event_name: "a" }, { event_name: "b" });
    expect(await scene.redeliver({ all: true })).toMatchObject({ counted: 2, redelivered: 2 });
    expect(await scene.redeliver({ all: true })).toMatchObject({ counted: 0, redelivered: 0 });
    await scene.deliverAll();
    expect(scene.sentNames().sort()).toEqual(["a", "b"]);
  });

  it("counts first, and changes nothing, in a dry run", async () => {
    const posted = await scene.deadLetters({ event_name: "a" }, { event_name: "b" });
    const before = await scene.delivery(posted, "one");
    const report = await scene.redeliver({ all: true, dry_run: true });
    expect(report).toMatchObject({ counted: 2, redelivered: 0, skipped: {} });
    expect(await scene.delivery(posted, "one")).toEqual(before);
    expect(await scene.waiting()).toEqual([]);
  });

  it("takes only what every selector names", async () => {
    await scene.config("two");
    const posted = await scene.deadLetters({ event_name: "a" }, { event_name: "b" });
    const [a, b] = posted.events as unknown as [{ id: string }, { id: string }];
    const none = { counted: 0, redelivered: 0 };
    expect(await scene.redeliver({ config_id: "three" })).toMatchObject(none);
    expect(await scene.redeliver({ reason: "status 500" })).toMatchObject(none);
    expect(await scene.redeliver({ since: new Date(scene.clock.now()).toISOString() })).toMatchObject(none);
    expect(await scene.redeliver({ until: new Date(scene.clock.now() - 10 * day).toISOString() })).toMatchObject(none);
    expect(await scene.redeliver({ event_ids: [a.id], config_id: "one", reason: "connect-failed" })).toMatchObject({ redelivered: 1 });
    expect([await scene.outcomes(posted), await scene.outcomes(posted, "two")]).toEqual([
      ["pending", "dead_lettered"],
      ["dead_lettered", "dead_lettered"],
    ]);
    expect(await scene.redeliver({ event_ids: [a.id, b.id, crypto.randomUUID()], config_id: "one" })).toMatchObject({
      counted: 3,
      redelivered: 1,
      skipped: { not_dead_lettered: 1, not_found: 1 },
    });
    expect(await scene.redeliver({ since: new Date(scene.clock.now() - 5 * day).toISOString(), config_id: "two" })).toMatchObject({
      redelivered: 2,
    });
    await scene.deliverAll();
    expect(scene.sentNames().sort()).toEqual(["a", "a", "b", "b"]);
  });

  it("says of every event that is named by its id what became of it, once", async () => {
    const posted = await scene.deadLetters({ event_name: "a" }, { event_name: "b", config_id: "one" });
    const [a, b] = posted.events.map(({ id }) => id) as [string, string];
    const ask = (event_ids: readonly string[], others = {}) => scene.redeliver({ event_ids, dry_run: true, ...others });
    expect(await ask([a, a.toUpperCase(), b, a])).toMatchObject({ counted: 2, skipped: {} });
    expect(await ask([a, b], { reason: "status 500" })).toMatchObject({ counted: 2, skipped: { not_selected: 2 } });
    expect(await ask([a], { until: new Date(scene.clock.now() - 10 * day).toISOString() })).toMatchObject({ skipped: { not_selected: 1 } });
    expect(await ask([a, b], { config_id: "two" })).toMatchObject({ counted: 2, skipped: { no_delivery: 2 } });
    await scene.config("two");
    await scene.redeliver({ event_ids: [a] });
    expect(await ask([a, b])).toMatchObject({ counted: 2, skipped: { not_dead_lettered: 1 } });
    const waiting = await scene.post({ event_name: "c" }, { event_name: "d", config_id: "one" });
    const ids = waiting.events.map(({ id }) => id);
    expect(await ask(ids)).toMatchObject({ counted: 2, skipped: { on_its_way: 2 } });
    await scene.fanOut(waiting);
    expect(await ask(ids, { config_id: "two" })).toMatchObject({ counted: 2, skipped: { not_dead_lettered: 1, no_delivery: 1 } });
  });

  it("goes by the rules of now, and leaves the dead letters that may not go as they are", async () => {
    const posted = await scene.deadLetters({ event_name: "a" }, { event_name: "b" });
    await scene.config("one", { status: "paused" });
    expect(await scene.redeliver({ all: true })).toMatchObject({ counted: 2, redelivered: 0, skipped: { config_inactive: 2 } });
    await scene.config("one", { late_after_seconds: 60 });
    expect(await scene.redeliver({ all: true })).toMatchObject({ redelivered: 0, skipped: { late: 2 } });
    await scene.config("one", { filter: { include_events: ["a"] } as never });
    expect(await scene.redeliver({ all: true })).toMatchObject({ redelivered: 1, skipped: { filtered: 1 } });
    expect(await scene.outcomes(posted)).toEqual(["pending", "dead_lettered"]);
    expect((await list()).map((item) => (item as { event_name: string }).event_name)).toEqual(["b"]);
  });

  it("never goes faster than asked for", async () => {
    const posts: EventsMessage[] = [];
    for (let at = 0; at < 30; at++) {
      posts.push(await scene.post({ event_name: `e${at}` }));
      await scene.fanOut(posts.at(-1)!);
    }
    await scene.breakDown();
    const began = scene.clock.now();
    await scene.redeliver({ all: true, per_second: 1 });
    const deliveries = await Promise.all(posts.map((posted) => scene.delivery(posted, "one")));
    const dues = deliveries.map((delivery) => delivery!.due_at!).sort((a, b) => a - b);
    expect(dues).toHaveLength(30);
    const gaps = dues.slice(1).map((due, index) => due - dues[index]!);
    expect(Math.min(...gaps)).toBe(1000);
    // Steps, here one per partition, wait until what was planned before is nearly out.
    expect(scene.clock.now() - began).toBeGreaterThan(5_000);
  });

  it("lets dead letters go after 30 days: they are not listed and not sent again, their outcome stays", async () => {
    const posted = await scene.deadLetters({ event_name: "a" });
    const [item] = (await list()) as [{ dead_lettered_at: string; expires_at: string }];
    expect(Date.parse(item.expires_at) - Date.parse(item.dead_lettered_at)).toBe(30 * day);
    await scene.clock.jump(Date.parse(item.expires_at) - 1 - scene.clock.now());
    expect(await list()).toHaveLength(1);
    await scene.clock.jump(1);
    expect(await list()).toEqual([]);
    expect(await scene.redeliver({ all: true })).toMatchObject({ counted: 0 });
    expect(await scene.redeliver({ event_ids: [posted.events[0]!.id] })).toMatchObject({ skipped: { not_dead_lettered: 1 } });
    expect(await scene.outcomes(posted)).toEqual(["dead_lettered"]);
  });

  it("counts what a step did once, though a later death moves the delivery on to a later step", async () => {
    const posted = await scene.deadLetters({ event_name: "a" }, { event_name: "b" });
    const config = await scene.config("one", { filter: { include_events: ["a"] } as never });
    const { id } = await scene.begin.redelivery({ all: true });
    const [first] = await scene.steps();
    const unit = { pk: posted.pk, id: deliveryId(posted.batch_id, "one") };
    const resend = (await scene.store.get<Resend>("deliveries", first!.pk, documentId(id)))!.document;
    const plan = (step: number) => planRedelivery(scene.ports, scene.tenant, { ...resend, step }, unit, async () => config);
    await workOnUnits(scene.ports, scene.tenant, { ...resend, step: 4, units: [unit] }, silentLog, "");

    expect(await plan(4)).toMatchObject({ counted: 2, done: 1, skipped: { filtered: 1 } });
    expect(await plan(5)).toMatchObject({ counted: 0, done: 0, skipped: {} });
  });

  it("begins no round whose attempts the largest document that a store takes would have no room for", async () => {
    scene.scene.provider = fakeProvider({ batches: true });
    const posted = await scene.deadLetters(...Array.from({ length: 50 }, () => ({ event_name: "a" })));
    const before = (await scene.delivery(posted, "one"))!;
    const bytesOf = (delivery: Delivery) => Buffer.byteLength(JSON.stringify(delivery));
    const [id, event] = Object.entries(before.events)[0]!;
    const withDetail = (detail: string): Delivery => ({ ...before, events: { ...before.events, [id]: { ...event, detail } } });
    const full = withDetail("x".repeat(documentBytesMax - bytesOf(withDetail(""))));
    expect(bytesOf(full)).toBe(documentBytesMax);
    await scene.store.upsert("deliveries", full);
    scene.scene.answer = () => status(500, "\u20ac".repeat(1000));

    expect(await scene.redeliver({ event_ids: posted.events.slice(1).map((one) => one.id) })).toMatchObject({ redelivered: 49 });
    await scene.deliverAll();

    const after = (await scene.delivery(posted, "one"))!;
    expect(Object.values(after.events).reduce((sum, { attempts }) => sum + attempts.length, 0)).toBe(50 * 9 + 49 * 9);
    expect(bytesOf(after)).toBeGreaterThan(documentBytesMax);
    expect(bytesOf(after)).toBeLessThan(1.6 * 1024 * 1024);
    expect(await scene.redeliver({ all: true })).toMatchObject({ redelivered: 0, skipped: { too_many_attempts: 50 } });
    expect(await scene.waiting()).toEqual([]);
  });

  it("stops after ten rounds", async () => {
    const posted = await scene.deadLetters({ event_name: "a" });
    scene.scene.answer = () => status(500);
    for (let round = 1; round < 10; round++) {
      expect(await scene.redeliver({ all: true })).toMatchObject({ redelivered: 1 });
      await scene.deliverAll();
    }
    expect(await scene.redeliver({ all: true })).toMatchObject({ redelivered: 0, skipped: { too_many_attempts: 1 } });
    expect((await scene.delivery(posted, "one"))!.events[posted.events[0]!.id]!.attempts).toHaveLength(90);
  });

  it("sends several redeliveries of one batch's events beside each other, though they are of the same attempt", async () => {
    const posted = await scene.deadLetters({ event_name: "a" }, { event_name: "b" }, { event_name: "c" });
    for (const { id } of posted.events) {
      await scene.redeliver({ event_ids: [id] });
    }
    const messages = await scene.waiting();
    expect(messages.map(({ attempt, events }) => [attempt, events.length])).toEqual([
      [9, 1],
      [9, 1],
      [9, 1],
    ]);
  });
});
