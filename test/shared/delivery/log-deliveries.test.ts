import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dispatchBatch } from "../../../shared/delivery/dispatch-batch.ts";
import type { DispatchMessage } from "../../../shared/delivery/messages.ts";
import { noTelemetry, type Telemetry } from "../../../shared/ports/telemetry.ts";
import { Problem } from "../../../shared/problems/problem.ts";
import { type CircuitScene, openCircuitScene } from "../../support/circuit-scene.ts";
import { silentLog } from "../../support/embedded-store.ts";
import { status } from "../../support/gateway-in-process.ts";

const hour = 3_600_000;

describe("what a dispatcher says of its messages", () => {
  let circuit: CircuitScene;
  let scene: CircuitScene["scene"];
  let lines: { readonly event?: string }[];
  let counted: object[];
  beforeEach(async () => {
    circuit = await openCircuitScene();
    scene = circuit.scene;
    lines = [];
    counted = [];
    const count: Telemetry["count"] = (name, labels) => {
      if (name === "carreau_messages_put_off_total") {
        counted.push(labels);
      }
    };
    Object.assign(scene.ports, { telemetry: { ...noTelemetry, count } });
  });
  afterEach(() => scene.close());

  const log = { ...silentLog, info: (line: object) => void lines.push(line) };
  const putOffs = () => lines.filter(({ event }) => event === "delivery_put_off");

  it("tells of an attempt that could not be recorded, since its events are sent again", async () => {
    const [message] = await circuit.messages(1);
    scene.ports.outbox.applyThenSend = () => Promise.reject(new Problem("store-unavailable"));
    await scene.dispatch(message!, { ...log, warn: log.info });
    expect(scene.requests).toHaveLength(1);
    expect(lines).toMatchObject([
      { event: "delivery_attempt", verdicts: { delivered: 1 }, recorded: false },
      { event: "message_deferred", queue: "dispatch-acme", config_id: "one", deferrals: 1 },
    ]);
    expect(counted).toEqual([{ queue: "dispatch-acme", why: "unavailable" }]);
  });

  it("tells how old an attempt's batch is, and how often it was put off before", async () => {
    const [message] = await circuit.messages(1);
    await scene.clock.jump(hour);
    await scene.dispatch({ ...message!, put_offs: 3 }, log);
    expect(lines).toMatchObject([{ event: "delivery_attempt", put_offs: 3, age_ms: hour }]);
    expect(lines[0]).not.toHaveProperty("recorded");
  });

  it("tells of a message that waits for its config, and counts it", async () => {
    await circuit.failing(5);
    await scene.dispatch((await circuit.messages(1))[0]!, log);
    expect(putOffs()).toMatchObject([{ config_id: "one", attempt: 0 }]);
    expect(counted).toEqual([{ queue: "dispatch-acme", why: "breaker" }]);
  });

  it.each<[string, object, Partial<DispatchMessage>]>([
    ["is too late for it", { late_after_seconds: 60 }, {}],
    ["has waited for two days", {}, { put_off_since: 0 }],
  ])("tells of no wait of what %s", async (_, fields, more) => {
    await circuit.failing(5);
    await scene.config("one", { ...(await circuit.config()), ...fields });
    const [message] = await circuit.messages(1);
    await scene.clock.jump(hour);
    await scene.store.upsert("breakers", { ...(await circuit.breaker())!, open_until: scene.now() + hour });
    await scene.dispatch({ ...message!, ...more }, log);
    expect((await circuit.eventOf(message!)).outcome).not.toBe("pending");
    expect([putOffs(), counted]).toEqual([[], []]);
  });

  it("counts what is put off because its message ended early, and because others are in work", async () => {
    scene.scene.answer = () => status(500);
    await scene.fanOut(await scene.post(...Array.from({ length: 9 }, () => ({}))));
    const [message] = await scene.waiting();
    await scene.dispatch(message!, log);
    const limits = { enter: async () => ({ notBefore: scene.now() + 50 }) };
    const dispatch = dispatchBatch(scene.ports, () => scene.scene.provider, Math.random, limits);
    await dispatch((await circuit.messages(1))[0]!, log);
    expect(counted).toEqual([
      { queue: "dispatch-acme", why: "unfinished" },
      { queue: "dispatch-acme", why: "turn" },
    ]);
  });
});
