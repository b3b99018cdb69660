import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DispatchMessage } from "../../../shared/delivery/messages.ts";
import { Problem } from "../../../shared/problems/problem.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { fakeProvider } from "../../support/fake-provider.ts";

const minute = 60_000;
const hour = 60 * minute;

describe("what is to be sent while the vault can't answer, though the store can", () => {
  let scene: DeliveryScene;
  let isAway = true;
  beforeEach(async () => {
    scene = openDeliveryScene();
    scene.scene.provider = fakeProvider({ secretsToSend: ["token_ref"] });
    isAway = true;
    scene.ports.secrets.get = () => (isAway ? Promise.reject(new Problem("store-unavailable")) : Promise.resolve("s3cret"));
    await scene.config("one", { credentials: { token_ref: "token" } });
  });
  afterEach(() => scene.close());

  const waitingMessage = async () => {
    await scene.fanOut(await scene.post({ context: { ip: "198.51.100.7" } }));
    const [message] = (await scene.waiting()) as [DispatchMessage];
    return message;
  };
  const eventOf = async (message: DispatchMessage) => Object.values((await scene.delivery(message, "one"))!.events)[0]!;

  /** Handles what waits, as the sweeper looks every minute. Answers all that was handed out. */
  const pass = async (first: DispatchMessage[], ms: number): Promise<DispatchMessage[]> => {
    const handed: DispatchMessage[] = [];
    let waiting = first;
    for (const until = scene.now() + ms; scene.now() < until; waiting = await scene.waiting()) {
      for (const message of waiting) {
        handed.push(message);
        await scene.dispatch(message);
      }
      await scene.clock.jump(minute);
      await scene.sweep();
    }
    isAway = false;
    return [...handed, ...waiting];
  };

  it("waits in one message, with its visitor's address, and is sent by that one", async () => {
    const message = await waitingMessage();
    const handed = await pass([message], hour);
    expect(handed.length).toBeLessThan(12);
    expect(handed.filter(({ without_addresses }) => without_addresses)).toEqual([]);
    expect(await eventOf(message)).toEqual({ outcome: "pending", attempts: [], due_at: expect.any(String) });

    await scene.clock.jump(10 * minute);
    const [last] = await scene.waiting();
    expect(last?.events).toMatchObject([{ client_ip: "198.51.100.7" }]);
    await scene.dispatch(last!);
    const { outcome, attempts } = await eventOf(message);
    expect([outcome, attempts.length, attempts[0]?.without_address]).toEqual(["delivered", 1, undefined]);
  });

  it("looks again later and later, up to ten minutes", async () => {
    let message = await waitingMessage();
    const waits: number[] = [];
    for (let round = 0; round < 7; round++) {
      await scene.dispatch(message);
      const from = scene.now();
      let [copy] = await scene.waiting();
      while (copy === undefined) {
        await scene.clock.jump(10_000);
        [copy] = await scene.waiting();
      }
      waits.push((scene.now() - from) / minute);
      message = copy;
    }
    expect(waits).toEqual([0.5, 1, 2, 4, 8, 10, 10]);
  });

  it("is a dead letter after 48 hours, which can be sent again", async () => {
    const message = { ...(await waitingMessage()), put_offs: 200, put_off_since: scene.now() - 48 * hour };
    await scene.dispatch(message);
    const reason = "the vault or a store did not work for 48 hours";
    expect(await eventOf(message)).toMatchObject({ outcome: "dead_lettered", reason, attempts: [] });
    await scene.clock.jump(hour);
    expect(await scene.waiting()).toEqual([]);
  });

  it("is put off by whoever handed it out when the store of deliveries can't answer either", async () => {
    const message = await waitingMessage();
    scene.ports.store.get = () => Promise.reject(new Problem("store-unavailable"));
    await expect(scene.dispatch(message)).rejects.toMatchObject({ code: "store-unavailable" });
  });
});
