import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isDeadLetter } from "../../../shared/delivery/dead-letter.ts";
import { giveUpBatch } from "../../../shared/delivery/give-up-batch.ts";
import type { DispatchMessage } from "../../../shared/delivery/messages.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { status } from "../../support/gateway-in-process.ts";

describe("a message that is given up", () => {
  let scene: DeliveryScene;
  let lines: object[];
  beforeEach(async () => {
    scene = openDeliveryScene();
    lines = [];
    await scene.config("one");
  });
  afterEach(() => scene.close());

  const giveUp = (message: DispatchMessage) => {
    const keep = (line: object) => void lines.push(line);
    return giveUpBatch(scene.ports)(message, { info: keep, warn: keep, error: keep, triggerMetadata: { messageId: "m" } });
  };
  const waitingMessage = async (...events: readonly object[]) => {
    await scene.fanOut(await scene.post(...events));
    const [message] = await scene.waiting();
    return message!;
  };
  const eventsOf = async (message: DispatchMessage) => Object.values((await scene.delivery(message, "one"))!.events);

  it("makes dead letters of what is still pending, once, and leaves what is settled", async () => {
    const message = await waitingMessage({ event_name: "good" }, { event_name: "later" });
    scene.scene.answer = ({ body }) => status(body === '["good"]' ? 200 : 500);
    await scene.dispatch(message);
    await scene.clock.advance(30_000);
    const [again] = await scene.waiting();

    await giveUp({ ...again!, events: message.events });
    await giveUp(again!);

    const [good, later] = await eventsOf(message);
    expect(good).toMatchObject({ outcome: "delivered" });
    const reason = "the gateway failed again and again while it had the event in hand";
    expect(later).toMatchObject({ outcome: "dead_lettered", reason, attempts: [{ status: 500 }] });
    expect(await scene.counts("one")).toMatchObject({ received: 2, pending: 0, delivered: 1, dead_lettered: 1 });
    await scene.clock.advance(3_600_000);
    expect(await scene.waiting()).toEqual([]);
  });

  it("leaves events that were never tried where a redelivery finds them", async () => {
    const message = await waitingMessage({});
    await giveUp(message);
    const [event] = await eventsOf(message);
    expect([event!.attempts, isDeadLetter(event!, scene.now())]).toEqual([[], true]);
    expect((await scene.delivery(message, "one"))!.dead_at).toBe(scene.now());
  });

  it("is told of, and so are the dead letters", async () => {
    const message = await waitingMessage({}, {});
    await giveUp(message);
    const { tenant_id, config_id, provider, batch_id } = message;
    const ids = { tenant_id, config_id, provider, batch_id };
    expect(lines).toEqual([
      { event: "message_given_up", queue: "dispatch-acme", message_id: "m", ...ids, attempt: 0 },
      { event: "dead_lettered", ...ids, events: 2 },
    ]);
  });
});
