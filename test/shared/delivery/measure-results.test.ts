import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AttemptResult } from "../../../shared/delivery/attempt-result.ts";
import type { EventDelivery } from "../../../shared/delivery/delivery.ts";
import { lastErrorOf, latenciesOf } from "../../../shared/delivery/measure-results.ts";
import { readLastSeen } from "../../../shared/usage/last-seen.ts";
import { readUsage, total } from "../../../shared/usage/read-usage.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { status } from "../../support/gateway-in-process.ts";

const receivedAt = "2026-01-01T10:00:00.000Z";
const attempt = { at: "2026-01-01T10:00:03.000Z", duration_ms: 500, status: 200 };
const resultOf = (id: string, verdict: AttemptResult["verdict"], tried?: AttemptResult["attempt"]): AttemptResult => ({
  event: { id } as AttemptResult["event"],
  verdict,
  ...(tried === undefined ? {} : { attempt: tried }),
});

describe("measuring what an attempt brought", () => {
  it("counts the time from receipt to the answer of each event that was delivered", () => {
    const results = [
      resultOf("a", { verdict: "delivered" }, attempt),
      resultOf("b", { verdict: "accepted_unverifiable" }, attempt),
      resultOf("c", { verdict: "rejected", reason: "no" }, attempt),
      resultOf("d", { verdict: "retry", reason: "busy" }, attempt),
      resultOf("e", { verdict: "delivered" }),
      resultOf("f", { verdict: "delivered" }, { ...attempt, duration_ms: 1_096 }),
      resultOf("g", { verdict: "delivered" }, { ...attempt, duration_ms: 1_097 }),
    ];
    expect(latenciesOf(results, {}, receivedAt)).toEqual({ latency_12: 3, latency_13: 1 });
  });

  it("leaves out what its tenant had sent again", () => {
    const resent = { by: "replay", at: receivedAt, from_attempt: 1 };
    const after: Record<string, EventDelivery> = { a: { outcome: "delivered", attempts: [attempt], resent } };
    expect(latenciesOf([resultOf("a", { verdict: "delivered" }, attempt)], after, receivedAt)).toEqual({});
  });

  it("finds no error where nothing failed", () => {
    const results = [resultOf("a", { verdict: "delivered" }, attempt), resultOf("b", { verdict: "expired", reason: "late" })];
    expect(lastErrorOf(results, { a: { outcome: "delivered", attempts: [] } }, 0)).toBeUndefined();
  });
});

describe("a config's measurements", () => {
  let scene: DeliveryScene;
  beforeEach(async () => {
    scene = openDeliveryScene();
    await scene.config("one");
  });
  afterEach(() => scene.close());

  const lastSeen = () => readLastSeen(scene.ports)(scene.tenant, "one");
  const dispatchNext = async () => {
    for (const message of await scene.waiting()) {
      await scene.dispatch(message);
    }
  };

  it("say when its last event was received, how long delivery took, and what went wrong last, also when it went well since", async () => {
    const received = new Date(scene.clock.now()).toISOString();
    await scene.fanOut(await scene.post({}));
    expect(await lastSeen()).toEqual({ last_event_at: received, last_error: null });
    scene.scene.answer = () => status(503);
    await scene.clock.jump(1_000);
    await dispatchNext();
    const last_error = { at: new Date(scene.clock.now()).toISOString(), outcome: "pending", reason: expect.any(String), status: 503 };
    expect(await lastSeen()).toEqual({ last_event_at: received, last_error });
    scene.scene.answer = () => status(200);
    await scene.clock.jump(3_600_000);
    await dispatchNext();
    expect(await lastSeen()).toEqual({ last_event_at: received, last_error });
    const { hours } = await readUsage(scene.ports)(scene.tenant, "one");
    expect(total(hours.values())).toMatchObject({ delivered: 1, latency_22: 1 });
  });

  it("are written with the outcomes, or not at all", async () => {
    const { post, fanOut, waiting, dispatch } = scene;
    await fanOut(await post({}));
    const [message] = await waiting();
    scene.scene.answer = () => status(400);
    await dispatch(message!);
    const once = await lastSeen();
    expect(once.last_error).toMatchObject({ outcome: "rejected", status: 400 });
    await scene.clock.jump(1_000);
    await dispatch(message!);
    expect(await lastSeen()).toEqual(once);
  });
});
