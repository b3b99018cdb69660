import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DispatchMessage } from "../../../shared/delivery/messages.ts";
import { type CircuitScene, openCircuitScene } from "../../support/circuit-scene.ts";
import { status } from "../../support/gateway-in-process.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

describe("what waits for a config whose provider asked to be left alone for a day", () => {
  let circuit: CircuitScene;
  let scene: CircuitScene["scene"];
  let message: DispatchMessage;
  beforeEach(async () => {
    circuit = await openCircuitScene();
    scene = circuit.scene;
    scene.scene.answer = () => ({ ...status(429), headers: { "retry-after": "86400" } });
    await circuit.dispatchAll(await circuit.messages(1));
    [message] = (await circuit.messages(1)) as [DispatchMessage];
  });
  afterEach(() => scene.close());

  /** Dispatches its copies whenever they come, until this time; answers when they did. */
  const handOut = async (until: number): Promise<number[]> => {
    const times: number[] = [];
    for (let waiting = [message]; scene.now() < until; ) {
      for (const one of waiting) {
        times.push(scene.now());
        await scene.dispatch(one);
      }
      await scene.clock.jump(10 * second);
      waiting = (await scene.waiting()).filter(({ batch_id }) => batch_id === message.batch_id);
    }
    return times;
  };

  it("looks again four times an hour, each time as a message that queues don't know", async () => {
    const start = scene.now();
    const times = await handOut(start + 2 * hour);
    expect(times.map((at) => at - start)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((turn) => turn * (15 * minute + 10 * second)));
    expect(scene.requests).toHaveLength(1);
  });

  it("is sent within a quarter of an hour once its tenant has mended the config", async () => {
    await handOut(scene.now() + minute);
    await scene.store.upsert("configs", { ...(await circuit.config()), status: "active", updated_at: new Date(scene.now()).toISOString() });
    scene.scene.answer = () => status(200);
    await scene.clock.jump(15 * minute);
    await circuit.dispatchAll(await scene.waiting());
    expect(await circuit.eventOf(message)).toMatchObject({ outcome: "delivered" });
  });

  it("is expired within a minute of being too late", async () => {
    await scene.config("one", { ...(await circuit.config()), late_after_seconds: 3_600 });
    await handOut(scene.now() + 60 * minute);
    expect(await circuit.eventOf(message)).toMatchObject({ outcome: "pending" });
    await handOut(scene.now() + minute + 10 * second);
    expect(await circuit.eventOf(message)).toMatchObject({ outcome: "expired", attempts: [] });
  });

  it("is a dead letter at the end of its 48 hours", async () => {
    message = { ...message, put_offs: 9, put_off_since: scene.now() - 48 * hour + minute };
    await handOut(scene.now() + minute - 10 * second);
    expect(await circuit.eventOf(message)).toMatchObject({ outcome: "pending" });
    await scene.clock.jump(10 * second);
    await circuit.dispatchAll(await scene.waiting());
    expect(await circuit.eventOf(message)).toMatchObject({ outcome: "dead_lettered", reason: "the config did not work for 48 hours" });
  });
});
