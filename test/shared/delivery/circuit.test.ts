import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ConfigChange, changeConfig } from "../../../shared/configs/change-config.ts";
import { moveTo } from "../../../shared/configs/move-config.ts";
import type { DocumentStore } from "../../../shared/ports/document-store.ts";
import { type CircuitScene, openCircuitScene } from "../../support/circuit-scene.ts";
import { silentLog } from "../../support/embedded-store.ts";
import { status } from "../../support/gateway-in-process.ts";

const second = 1_000;
const hour = 3_600_000;

describe("a config that does not work", () => {
  let circuit: CircuitScene;
  let scene: CircuitScene["scene"];
  beforeEach(async () => {
    circuit = await openCircuitScene();
    scene = circuit.scene;
  });
  afterEach(() => scene.close());

  const byTenant = (to: "active" | "paused") => {
    const change: ConfigChange = {
      tenantId: scene.tenant.id,
      definition: scene.scene.provider,
      id: "one",
      by: "key:k",
      mayReplace: () => true,
    };
    return changeConfig(scene, change, async (before) => moveTo(before, to, "key:k", undefined, scene.now()));
  };

  it("is in error from the fifth failed message on, which the gateway says with the reason", async () => {
    await circuit.failing(4);
    expect(await circuit.config()).toMatchObject({ status: "active", status_history: [] });
    await circuit.failing(1);
    const at = new Date(scene.now()).toISOString();
    const reason = "the provider does not take events: status 500";
    expect(await circuit.config()).toMatchObject({
      status: "error",
      status_reason: reason,
      status_history: [{ from: "active", to: "error", at, by: "gateway", reason }],
    });
  });

  it("is not in error for failures with successes in between", async () => {
    for (let round = 0; round < 3; round++) {
      await circuit.failing(4);
      scene.scene.answer = () => status(200);
      await circuit.dispatchAll(await circuit.messages(1));
    }
    expect(await circuit.config()).toMatchObject({ status: "active" });
    expect(await circuit.breaker()).toBeUndefined();
  });

  it("is sent nothing while its circuit is open; messages wait without an attempt, and the sweeper leaves them alone", async () => {
    await circuit.failing(5);
    const [message] = await circuit.messages(1);
    await scene.dispatch(message!);

    expect(scene.requests).toHaveLength(5);
    expect(await circuit.eventOf(message!)).toEqual({ outcome: "pending", attempts: [] });
    expect(await scene.counts("one")).toMatchObject({ received: 6, pending: 6 });
    await scene.clock.jump(46 * second - 1);
    expect((await scene.waiting()).filter(({ attempt }) => attempt === 0)).toEqual([]);
    await scene.clock.jump(1);
    const copies = (await scene.waiting()).filter(({ attempt }) => attempt === 0);
    expect(copies).toMatchObject([{ batch_id: message!.batch_id, events: message!.events, put_offs: 1 }]);
  });

  it("has its deliveries' due times move with what waits, so that the sweeper sends nothing again", async () => {
    scene.scene.answer = () => ({ ...status(429), headers: { "retry-after": "600" } });
    await circuit.dispatchAll(await circuit.messages(1));
    const [message] = await circuit.messages(1);
    await scene.dispatch(message!);
    expect(await scene.delivery(message!, "one")).toMatchObject({ due_at: scene.now() + 610 * second });
    await scene.clock.jump(599 * second);
    await scene.sweep();
    expect(await scene.waiting()).toEqual([]);
    await scene.clock.jump(11 * second);
    expect(await scene.waiting()).toHaveLength(2);
  });

  it("is active again, by the gateway, when a probe succeeds, and everything that waited is sent", async () => {
    const sent = [...(await circuit.failing(5)), ...(await circuit.messages(3))];
    await circuit.dispatchAll(sent.slice(5));
    scene.scene.answer = () => status(200);
    await scene.clock.jump(hour);
    await circuit.dispatchAll(await scene.waiting());

    expect(await Promise.all(sent.map(circuit.eventOf))).toMatchObject(Array(8).fill({ outcome: "delivered" }));
    const { status_reason, status_history, ...rest } = await circuit.config();
    expect(rest).toMatchObject({ status: "active" });
    expect(status_history.map(({ from, to, by }) => [from, to, by])).toEqual([
      ["active", "error", "gateway"],
      ["error", "active", "gateway"],
    ]);
    expect(status_reason).toBe("the provider takes events again");
    expect(await circuit.breaker()).toBeUndefined();
  });

  it("is active again when a probe is taken in part, and waits no longer than its provider asks", async () => {
    await circuit.failing(5);
    await scene.clock.jump(36 * second);
    scene.scene.answer = ({ body }) => (body === '["good"]' ? status(200) : { ...status(429), headers: { "retry-after": "1" } });
    const batch = await scene.post({ event_name: "good" }, { event_name: "bad" });
    await scene.fanOut(batch);
    await circuit.dispatchAll((await scene.waiting()).filter(({ batch_id }) => batch_id === batch.batch_id));
    expect(await circuit.breaker()).toMatchObject({ openings: 1, open_until: scene.now() + second });
    expect(await circuit.config()).toMatchObject({ status: "active" });
  });

  it("is probed by one message only, whichever instance has it, and waits longer when that fails", async () => {
    await circuit.failing(5);
    await scene.clock.jump(36 * second);
    const waiting = await circuit.messages(6);
    const before = scene.requests.length;
    await Promise.all(waiting.map((message) => scene.dispatch(message)));
    expect(scene.requests).toHaveLength(before + 1);
    expect(await circuit.breaker()).toMatchObject({ openings: 2, open_until: scene.now() + 72 * second });
    expect(await circuit.config()).toMatchObject({ status: "error" });
  });

  it("still gets what comes in, which stays pending", async () => {
    await circuit.failing(5);
    const [message] = await circuit.messages(1);
    expect(message).toBeDefined();
    expect(await circuit.eventOf(message!)).toEqual({ outcome: "pending", attempts: [] });
  });

  it("asks to wait for a moment only, and stays active", async () => {
    scene.scene.answer = () => ({ ...status(503), headers: { "retry-after": "5" } });
    await circuit.dispatchAll(await circuit.messages(1));
    await circuit.dispatchAll(await circuit.messages(1));
    expect(scene.requests).toHaveLength(1);
    expect(await circuit.config()).toMatchObject({ status: "active", status_history: [] });
  });

  it("waits no longer than two days; then its events are dead letters that nobody tried", async () => {
    await circuit.failing(5);
    const [message] = await circuit.messages(1);
    let waiting = [message!];
    for (let hours = 0; hours < 50; hours++) {
      for (const one of waiting) {
        const state = (await circuit.breaker())!;
        await scene.store.upsert("breakers", { ...state, open_until: scene.now() + hour });
        await scene.dispatch(one);
      }
      await scene.clock.jump(hour + 10 * second);
      waiting = (await scene.waiting()).filter(({ batch_id }) => batch_id === message!.batch_id);
    }
    expect(await circuit.eventOf(message!)).toMatchObject({
      outcome: "dead_lettered",
      reason: "the config did not work for 48 hours",
      attempts: [],
    });
    expect(waiting).toEqual([]);
  });

  it("expires what is too late by now, without a request", async () => {
    await circuit.failing(5);
    await scene.config("one", { ...(await circuit.config()), late_after_seconds: 60 });
    const [message] = await circuit.messages(1);
    await scene.clock.jump(61 * second);
    await scene.store.upsert("breakers", { ...(await circuit.breaker())!, open_until: scene.now() + hour });
    await scene.dispatch(message!);
    expect(await circuit.eventOf(message!)).toMatchObject({ outcome: "expired", attempts: [] });
    expect(scene.requests).toHaveLength(5);
  });

  describe("which its tenant moves out of error", () => {
    it("by activating it, is sent to at once", async () => {
      await circuit.failing(5);
      await scene.clock.jump(second);
      await byTenant("active");
      scene.scene.answer = () => status(200);
      const lines: object[] = [];
      const log = { ...silentLog, warn: (line: object) => void lines.push(line) };
      for (const message of await circuit.messages(2)) {
        await scene.dispatch(message, log);
      }
      expect(scene.requests).toHaveLength(7);
      expect(await circuit.breaker()).toBeUndefined();
      const closed = { event: "breaker_closed", tenant_id: scene.tenant.id, config_id: "one", provider: "acme" };
      expect(lines.filter((line) => (line as { event?: string }).event === "breaker_closed")).toEqual([closed]);
      expect(await circuit.config()).toMatchObject({ status: "active" });
    });

    it("by pausing it, gets nothing, and starts afresh when activated", async () => {
      await circuit.failing(5);
      const [before] = await circuit.messages(1);
      await scene.clock.jump(second);
      await byTenant("paused");
      await scene.dispatch(before!);
      expect(await circuit.eventOf(before!)).toMatchObject({ outcome: "suppressed", reason: "config_inactive" });
      await scene.clock.jump(second);
      await byTenant("active");
      await circuit.failing(4);
      expect(scene.requests).toHaveLength(9);
      expect(await circuit.config()).toMatchObject({ status: "active" });
    });

    it("is not put back into error by a message that was under way since before", async () => {
      await circuit.failing(4);
      const [late] = await circuit.messages(1);
      scene.scene.answer = () => {
        void scene.clock.jump(second);
        return status(500);
      };
      const { send } = scene.ports.http;
      scene.ports.http.send = async (request) => {
        const answer = await send(request);
        await scene.store.upsert("configs", { ...(await circuit.config()), updated_at: new Date(scene.now()).toISOString() });
        return answer;
      };
      await scene.dispatch(late!);
      expect(await circuit.config()).toMatchObject({ status: "active" });
      scene.ports.http.send = send;
      scene.scene.answer = () => status(200);
      const [next] = await circuit.messages(1);
      await scene.dispatch(next!);
      expect(await circuit.eventOf(next!)).toMatchObject({ outcome: "delivered" });
    });
  });

  it("costs one point read per message and no write while everything works", async () => {
    const calls: string[] = [];
    const note = (name: keyof DocumentStore) => {
      const call = scene.store[name].bind(scene.store) as (...args: unknown[]) => unknown;
      Object.assign(scene.ports.store, {
        [name]: (...args: unknown[]) => {
          if (args[0] === "breakers" || (args[0] === "configs" && name !== "get")) {
            calls.push(`${name} ${String(args[0])}`);
          }
          return call(...args);
        },
      });
    };
    const waiting = await circuit.messages(3);
    for (const name of ["get", "create", "replace", "upsert", "delete", "patch", "batch", "query"] as const) {
      note(name);
    }
    await circuit.dispatchAll(waiting);
    expect(calls).toEqual(Array(3).fill("get breakers"));
  });

  it("gives a process that died in between its status by the next message", async () => {
    await circuit.failing(5);
    const opened = await circuit.config();
    await scene.store.upsert("configs", { ...opened, status: "active", status_history: [] });
    await circuit.dispatchAll(await circuit.messages(1));
    expect(await circuit.config()).toMatchObject({ status: "error", status_history: [{ by: "gateway" }] });

    await scene.store.delete("breakers", scene.tenant.id, "one");
    scene.scene.answer = () => status(200);
    await circuit.dispatchAll(await circuit.messages(1));
    expect(await circuit.config()).toMatchObject({ status: "active" });
  });

  it("ends a message whose requests all fail after eight, and puts the others off without an attempt", async () => {
    scene.scene.answer = () => status(500);
    await scene.fanOut(await scene.post(...Array.from({ length: 20 }, () => ({}))));
    const [message] = await scene.waiting();
    await scene.dispatch(message!);
    expect(scene.requests).toHaveLength(8);
    const { events } = (await scene.delivery(message!, "one"))!;
    expect(Object.values(events).map(({ attempts }) => attempts.length)).toEqual([...Array(8).fill(1), ...Array(12).fill(0)]);

    await scene.clock.jump(4 * second);
    const rest = (await scene.waiting()).filter(({ put_offs }) => put_offs === 1);
    expect(rest.map((one) => one.events.length)).toEqual([12]);
    scene.scene.answer = () => status(200);
    await circuit.dispatchAll(rest);
    await scene.clock.jump(hour);
    await circuit.dispatchAll(await scene.waiting());
    expect(await scene.delivery(message!, "one")).toMatchObject({ state: "delivered" });
    expect(await scene.delivery(message!, "one")).not.toHaveProperty("due_at");
    expect(await scene.counts("one")).toMatchObject({ received: 20, pending: 0, delivered: 20 });
  });
});
