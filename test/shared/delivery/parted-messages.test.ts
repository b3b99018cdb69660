import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DispatchMessage } from "../../../shared/delivery/messages.ts";
import { Problem } from "../../../shared/problems/problem.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { status } from "../../support/gateway-in-process.ts";

const second = 1_000;
const minute = 60 * second;

describe("a batch whose message ended early, so that its events go their own ways", () => {
  let scene: DeliveryScene;
  let message: DispatchMessage;
  beforeEach(async () => {
    scene = openDeliveryScene();
    await scene.config("one");
    await scene.fanOut(await scene.post(...Array.from({ length: 20 }, (_, at) => ({ event_name: `e${at}` }))));
    [message] = (await scene.waiting()) as [DispatchMessage];
  });
  afterEach(() => scene.close());

  it("has a message for the next attempt of each of its parts, also of those that failed within minutes", async () => {
    scene.scene.answer = () => status(500);
    const retried: string[] = [];
    for (let waiting = [message]; waiting.length > 0; ) {
      for (const one of waiting) {
        await scene.dispatch(one);
      }
      await scene.clock.jump(5 * second);
      waiting = (await scene.waiting()).filter(({ attempt, events }) => {
        retried.push(...(attempt === 1 ? events.map(({ id }) => id) : []));
        return attempt === 0;
      });
    }
    await scene.clock.jump(minute);
    retried.push(...(await scene.waiting()).flatMap(({ attempt, events }) => (attempt === 1 ? events.map(({ id }) => id) : [])));

    expect(new Set(retried)).toEqual(new Set(message.events.map(({ id }) => id)));
    expect(retried).toHaveLength(20);
  });

  describe("of which one is to be tried again in thirteen minutes", () => {
    let failing: DispatchMessage;
    let other: DispatchMessage;
    beforeEach(async () => {
      const [first, ...others] = message.events;
      failing = { ...message, events: [first!] };
      other = { ...message, events: others };
      scene.scene.answer = () => status(500);
      for (const wait of [30, 90, 270]) {
        await scene.dispatch(failing);
        await scene.clock.jump(wait * second);
        [failing] = (await scene.waiting()) as [DispatchMessage];
      }
      await scene.dispatch(failing);
      scene.scene.answer = () => status(200);
    });

    it("leaves that one alone when the others are done, until its own message comes", async () => {
      await scene.dispatch(other);
      await scene.clock.jump(5 * minute);
      await scene.sweep();
      expect(await scene.waiting()).toEqual([]);
      await scene.clock.jump(9 * minute);
      const [last] = await scene.waiting();
      expect(last).toEqual({ ...failing, attempt: 4 });
      await scene.dispatch(last!);
      const settled = await scene.delivery(message, "one");
      expect(settled).toMatchObject({ state: "delivered" });
      expect(settled).not.toHaveProperty("due_at");
    });

    it("misses the others' message, if it was lost, at its own time", async () => {
      await scene.sweep();
      expect(await scene.waiting()).toEqual([{ ...other, without_addresses: true }]);
    });

    it("misses the others' message no less when some of them are tried again later", async () => {
      scene.scene.answer = () => status(500);
      await scene.dispatch({ ...other, events: other.events.slice(0, 1) });
      await scene.sweep();
      expect(await scene.waiting()).toEqual([{ ...other, events: other.events.slice(1), without_addresses: true }]);
    });
  });

  it("keeps a message whose rest can't be put off, with everything that only it knows", async () => {
    scene.scene.answer = () => status(500);
    const { send } = scene.ports.queue;
    scene.ports.queue.send = () => Promise.reject(new Problem("store-unavailable"));
    await expect(scene.dispatch(message)).rejects.toMatchObject({ code: "store-unavailable" });
    scene.ports.queue.send = send;
    scene.scene.answer = () => status(200);
    await scene.dispatch(message);
    expect(scene.requests).toHaveLength(20);
  });
});
