import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CircuitScene, openCircuitScene } from "../../support/circuit-scene.ts";
import { fakeProvider } from "../../support/fake-provider.ts";
import { status } from "../../support/gateway-in-process.ts";

const second = 1_000;
const hour = 3_600_000;

describe("a config whose secret does not work", () => {
  let circuit: CircuitScene;
  let scene: CircuitScene["scene"];
  beforeEach(async () => {
    circuit = await openCircuitScene();
    scene = circuit.scene;
    scene.scene.provider = fakeProvider({ secretsToSend: ["token_ref"] });
    await scene.config("one", { credentials: { token_ref: "acme-token" } });
  });
  afterEach(() => scene.close());

  it("is in error at once when the vault does not have it, which names the field, and works again when the vault has it", async () => {
    const sent = await circuit.messages(3);
    await circuit.dispatchAll(sent);
    const status_reason = "/credentials/token_ref: the vault does not have this secret for this tenant";
    expect(await circuit.config()).toMatchObject({ status: "error", status_reason });
    expect((await Promise.all(sent.map(circuit.eventOf))).map(({ attempts }) => attempts.length)).toEqual([1, 0, 0]);

    scene.secretValues.set("acme-token", "s3cret");
    await scene.clock.jump(hour);
    await circuit.dispatchAll(await scene.waiting());
    expect(await circuit.config()).toMatchObject({ status: "active" });
    expect(await Promise.all(sent.map(circuit.eventOf))).toMatchObject(Array(3).fill({ outcome: "delivered" }));
  });

  it.each([401, 403])("is in error at once when the provider answers %i to the newest one, and a probe reads it anew", async (refusal) => {
    scene.secretValues.set("acme-token", "old");
    const reads: (boolean | undefined)[] = [];
    const { get } = scene.ports.secrets;
    scene.ports.secrets.get = async (tenant, name, options) => {
      reads.push(options?.refresh);
      return get(tenant, name, options);
    };
    scene.scene.answer = ({ headers }) => status(headers["authorization"] === "new" ? 200 : refusal);
    await circuit.dispatchAll(await circuit.messages(1));
    expect(await circuit.config()).toMatchObject({
      status: "error",
      status_reason: `/credentials/token_ref: the provider refuses this credential (status ${refusal})`,
    });

    scene.secretValues.set("acme-token", "new");
    await scene.clock.jump(36 * second);
    reads.length = 0;
    const [probe] = await circuit.messages(1);
    await scene.dispatch(probe!);
    expect(reads).toEqual([true]);
    expect(await circuit.eventOf(probe!)).toMatchObject({ outcome: "delivered" });
    expect(await circuit.config()).toMatchObject({ status: "active" });
  });

  it("is not in error for one event of several that the provider refuses", async () => {
    scene.secretValues.set("acme-token", "token");
    scene.scene.answer = ({ body }) => status(body === '["bad"]' ? 403 : 200);
    await scene.fanOut(await scene.post({ event_name: "good" }, { event_name: "bad" }));
    await circuit.dispatchAll(await scene.waiting());
    expect(await circuit.config()).toMatchObject({ status: "active" });
    expect(await circuit.breaker()).toBeUndefined();
  });
});
