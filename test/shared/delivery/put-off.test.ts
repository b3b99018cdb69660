import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DispatchMessage } from "../../../shared/delivery/messages.ts";
import { putOff } from "../../../shared/delivery/put-off.ts";
import type { DeliverableEvent } from "../../../shared/events/event.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { status } from "../../support/gateway-in-process.ts";

const minute = 60_000;

describe("a message that is put off", () => {
  let scene: DeliveryScene;
  let message: DispatchMessage;
  beforeEach(async () => {
    scene = openDeliveryScene();
    await scene.config("one");
    await scene.fanOut(await scene.post({ event_name: "a" }, { event_name: "b" }));
    [message] = (await scene.waiting()) as [DispatchMessage];
  });
  afterEach(() => scene.close());

  const putOffFor = (ms: number, one = message, isOutage = true) =>
    putOff(scene.ports, one, one.events, { notBefore: scene.now() + ms, isOutage });
  const dueAt = async () => (await scene.delivery(message, "one"))!.due_at;

  it("comes back at its time, as the same attempt, once, also when it is put off twice at the same time", async () => {
    await Promise.all([putOffFor(5_000), putOffFor(5_000)]);
    await scene.clock.jump(4_999);
    expect(await scene.waiting()).toEqual([]);
    await scene.clock.jump(1);
    expect(await scene.waiting()).toEqual([{ ...message, put_offs: 1, put_off_since: scene.now() - 5_000 }]);
  });

  it("can be put off again and again, and remembers since when", async () => {
    const since = scene.now();
    for (let times = 1; times <= 3; times++) {
      await putOffFor(5_000);
      await scene.clock.jump(5_000);
      [message] = (await scene.waiting()) as [DispatchMessage];
      expect(message).toMatchObject({ put_offs: times, put_off_since: since });
    }
  });

  it("leaves out what was settled or tried meanwhile, and is not sent for nothing", async () => {
    scene.scene.answer = ({ body }) => status(body === '["a"]' ? 200 : 500);
    await scene.dispatch({ ...message, events: message.events.slice(0, 1) });
    await putOffFor(5_000);
    await scene.clock.jump(5_000);
    expect((await scene.waiting()).map(({ events }) => events.map(({ event_name }) => event_name))).toEqual([["b"]]);
    await scene.dispatch(message);
    await putOffFor(5_000);
    await scene.clock.jump(5_000);
    expect(await scene.waiting()).toEqual([]);
  });

  it("remembers only waits for what did not work, not those for its turn", async () => {
    await putOffFor(5_000, message, false);
    await scene.clock.jump(5_000);
    [message] = (await scene.waiting()) as [DispatchMessage];
    expect(message).not.toHaveProperty("put_off_since");
    const since = scene.now();
    for (const isOutage of [true, false, true]) {
      await putOffFor(5_000, message, isOutage);
      await scene.clock.jump(5_000);
      [message] = (await scene.waiting()) as [DispatchMessage];
    }
    expect(message).toMatchObject({ put_offs: 4, put_off_since: since + 5_000 });
  });

  it("says when it is due, of its own events only", async () => {
    const [a, b] = message.events as [DeliverableEvent, DeliverableEvent];
    const before = (await dueAt())!;
    await putOffFor(5 * minute, { ...message, events: [a] });
    const { events } = (await scene.delivery(message, "one"))!;
    expect([events[a.id]?.due_at, events[b.id]?.due_at]).toEqual([new Date(scene.now() + 5 * minute).toISOString(), undefined]);
    expect(await dueAt()).toBe(before);
    await putOffFor(3 * minute, { ...message, events: [b] });
    expect(await dueAt()).toBe(scene.now() + 3 * minute);
  });

  it("says in its delivery's due time that it is put off for more than a minute, and never sooner than before", async () => {
    const before = (await dueAt())!;
    await putOffFor(minute);
    expect(await dueAt()).toBe(before);
    await putOffFor(minute + 1, { ...message, put_offs: 1 });
    expect(await dueAt()).toBe(before + minute + 1);
    await putOffFor(5_000, { ...message, put_offs: 2 });
    expect(await dueAt()).toBe(before + minute + 1);
  });

  it("has its retry begin anew", async () => {
    scene.scene.answer = () => status(500);
    await scene.dispatch({ ...message, put_offs: 4, put_off_since: scene.now() });
    await scene.clock.jump(30_000);
    expect(await scene.waiting()).toEqual([{ ...message, attempt: 1 }]);
  });
});
