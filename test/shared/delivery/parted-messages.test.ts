import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DispatchMessage } from "../../../shared/delivery/messages.ts";
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
});
