import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Config } from "../../../shared/configs/config.ts";
import type { Answer, Failure } from "../../../shared/ports/http-client.ts";
import { browser, type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { silentLog } from "../../support/embedded-store.ts";
import { fakeProvider } from "../../support/fake-provider.ts";
import { status } from "../../support/gateway-in-process.ts";

const failure = (reason: Failure["reason"]): Failure => ({ kind: "failure", reason, sent: false });

describe("dispatching a message", () => {
  let scene: DeliveryScene;
  beforeEach(() => {
    scene = openDeliveryScene();
  });
  afterEach(() => scene.close());

  /** A message that waits to be sent, of these events to the config `one`. */
  const waitingMessage = async (events: readonly object[] = [{}], fields: Partial<Config> = {}) => {
    await scene.config("one", fields);
    await scene.fanOut(await scene.post(...events));
    const [message] = await scene.waiting();
    return message!;
  };
  const eventsOf = async (message: { pk: string; batch_id: string }) => Object.values((await scene.delivery(message, "one"))!.events);
  const outcomesOf = async (message: { pk: string; batch_id: string }) => (await eventsOf(message)).map(({ outcome }) => outcome);

  it.each<[string, Answer | Failure, object]>([
    ["delivered", status(200), { outcome: "delivered" }],
    ["accepted_unverifiable", status(204), { outcome: "accepted_unverifiable" }],
    ["dropped_by_provider", status(200, "dropped"), { outcome: "dropped_by_provider", reason: "thrown away" }],
    ["rejected", status(400, "bad"), { outcome: "rejected", reason: "status 400" }],
    ["rejected", failure("request-invalid"), { outcome: "rejected", reason: "request-invalid" }],
    ["rejected", status(413), { outcome: "rejected", reason: "too large for the provider" }],
    ["pending", status(500), { outcome: "pending", reason: "status 500" }],
    ["pending", status(429), { outcome: "pending", reason: "status 429" }],
    ["pending", failure("timeout"), { outcome: "pending", reason: "timeout" }],
    ["pending", failure("connection-lost"), { outcome: "pending", reason: "connection-lost" }],
    ["pending", failure("target-refused"), { outcome: "pending", reason: "target-refused" }],
  ])("records %s for %o, and counts it", async (outcome, answer, expected) => {
    const message = await waitingMessage();
    scene.scene.answer = () => answer;

    await scene.dispatch(message);

    expect((await eventsOf(message))[0]).toMatchObject(expected);
    expect(await scene.delivery(message, "one")).toMatchObject({ state: outcome });
    const { bytes_sent, ...counts } = await scene.counts("one");
    expect(counts).toMatchObject({ received: 1, [outcome]: 1 });
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(2);
    expect(bytes_sent).toBe('["pageview"]'.length);
  });

  it("keeps of an attempt its time, length and status, and what was said without personal data", async () => {
    const message = await waitingMessage();
    scene.scene.answer = () => status(400, "unknown visitor ada@example.org at 198.51.100.7");

    await scene.dispatch(message);

    const at = new Date(scene.now()).toISOString();
    const answer = "unknown visitor [REDACTED_EMAIL] at [REDACTED_IP]";
    expect((await eventsOf(message))[0]?.attempts).toEqual([{ at, duration_ms: 0, status: 400, answer }]);
  });

  it("keeps no answer of what was taken, and of no answer only why", async () => {
    const message = await waitingMessage([{ event_name: "a" }, { event_name: "b" }]);
    scene.scene.answer = ({ body }) => (body === '["a"]' ? status(200, "welcome") : failure("connect-failed"));

    await scene.dispatch(message);

    const [taken, unanswered] = (await eventsOf(message)).map(({ attempts }) => attempts[0]!);
    expect(Object.keys(taken!).sort()).toEqual(["at", "duration_ms", "status"]);
    expect(unanswered).toMatchObject({ failure: "connect-failed" });
    expect(unanswered).not.toHaveProperty("status");
  });

  describe("that fails for now", () => {
    it("comes again after the wait, not before, with the next time on record", async () => {
      const message = await waitingMessage();
      scene.scene.answer = () => status(503);
      await scene.dispatch(message);
      const next = scene.now() + 30_000;
      expect((await eventsOf(message))[0]?.attempts.map(({ next_attempt_at }) => next_attempt_at)).toEqual([new Date(next).toISOString()]);
      expect(await scene.delivery(message, "one")).toMatchObject({ due_at: next });

      await scene.clock.advance(29_999);
      expect(await scene.waiting()).toEqual([]);
      await scene.clock.advance(1);
      const [again] = await scene.waiting();
      expect(again).toEqual({ ...message, attempt: 1 });
      scene.scene.answer = () => status(200);
      await scene.dispatch(again!);

      expect(await scene.delivery(message, "one")).toMatchObject({ state: "delivered" });
      expect(await scene.delivery(message, "one")).not.toHaveProperty("due_at");
      expect((await eventsOf(message))[0]?.attempts.map((attempt) => attempt.status)).toEqual([503, 200]);
      expect(await scene.counts("one")).toEqual({ received: 1, pending: 0, delivered: 1, bytes_sent: 24 });
    });

    it("waits as long as Retry-After asks when that is longer", async () => {
      const message = await waitingMessage();
      scene.scene.answer = () => ({ ...status(429), headers: { "retry-after": "3600" } });
      await scene.dispatch(message);

      await scene.clock.advance(3_599_999);
      expect(await scene.waiting()).toEqual([]);
      await scene.clock.advance(1);
      expect(await scene.waiting()).toHaveLength(1);
    });

    it("sends again only those of its events that failed", async () => {
      const message = await waitingMessage([{ event_name: "good" }, { event_name: "later" }, { event_name: "bad" }]);
      scene.scene.answer = ({ body }) => status(body === '["good"]' ? 200 : body === '["later"]' ? 500 : 400);
      await scene.dispatch(message);
      expect(await scene.delivery(message, "one")).toMatchObject({ state: "mixed" });

      await scene.clock.advance(30_000);
      const [again] = await scene.waiting();
      expect(again?.events.map(({ event_name }) => event_name)).toEqual(["later"]);
      scene.scene.answer = () => status(200);
      await scene.dispatch(again!);

      expect(await outcomesOf(message)).toEqual(["delivered", "delivered", "rejected"]);
      expect(await scene.counts("one")).toMatchObject({ received: 3, pending: 0, delivered: 2, rejected: 1 });
    });

    it("is dead-lettered after the ninth attempt, with all of them on record and a line in the log, and sent no more", async () => {
      const message = await waitingMessage();
      scene.scene.answer = () => status(500);
      const attempts: number[] = [];
      const lines: object[] = [];
      const log = { ...silentLog, warn: (fields: object) => void lines.push(fields) };
      for (let next = [message]; next.length > 0; next = await scene.waiting()) {
        attempts.push(next[0]!.attempt);
        expect(lines).not.toContainEqual(expect.objectContaining({ event: "dead_lettered" }));
        await scene.dispatch(next[0]!, log);
        await scene.clock.jump(24 * 3_600_000);
      }

      expect(attempts).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      const [event] = await eventsOf(message);
      expect(event).toMatchObject({ outcome: "dead_lettered", reason: "status 500" });
      expect(event?.attempts).toHaveLength(9);
      expect(event?.attempts.at(-1)).not.toHaveProperty("next_attempt_at");
      expect(await scene.delivery(message, "one")).toMatchObject({ state: "dead_lettered" });
      expect(await scene.delivery(message, "one")).not.toHaveProperty("due_at");
      expect((await scene.counts("one"))["pending"]).toBe(0);
      const { tenant_id, config_id, provider, batch_id } = message;
      expect(lines).toContainEqual({ event: "dead_lettered", tenant_id, config_id, provider, batch_id, events: 1 });
    });
  });

  describe("that comes twice", () => {
    it("sends and records once", async () => {
      const message = await waitingMessage([{}, {}]);
      await scene.dispatch(message);
      const once = [await scene.delivery(message, "one"), await scene.counts("one")];

      await scene.dispatch(message);

      expect(scene.requests).toHaveLength(2);
      expect([await scene.delivery(message, "one"), await scene.counts("one")]).toEqual(once);
    });

    it("does not use up an attempt, nor send a second message for the next one", async () => {
      const message = await waitingMessage();
      scene.scene.answer = () => status(500);
      await scene.dispatch(message);
      await scene.dispatch(message);

      expect(scene.requests).toHaveLength(1);
      expect((await eventsOf(message))[0]?.attempts).toHaveLength(1);
      await scene.clock.jump(24 * 3_600_000);
      expect(await scene.waiting()).toHaveLength(1);
    });

    it("at the same time, sends twice and records once: the faster run's results stand", async () => {
      const message = await waitingMessage();
      const answers = [status(500), status(200)];
      scene.scene.answer = () => answers.shift()!;

      await Promise.all([scene.dispatch(message), scene.dispatch(message)]);

      expect(scene.requests).toHaveLength(2);
      const [event] = await eventsOf(message);
      expect(event?.attempts).toHaveLength(1);
      const { bytes_sent, ...counts } = await scene.counts("one");
      expect(bytes_sent).toBe('["pageview"]'.length);
      expect(counts["received"]).toBe(1);
      expect((counts["pending"] ?? 0) + (counts["delivered"] ?? 0)).toBe(1);
    });
  });

  it("settles what the provider's mapping sends nothing for, without a request", async () => {
    const message = await waitingMessage([{ event_name: "unwanted" }, { event_name: "wanted" }]);
    await scene.dispatch(message);
    expect(scene.requests.map(({ body }) => body)).toEqual(['["wanted"]']);
    expect((await eventsOf(message)).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ["suppressed", "filtered"],
      ["delivered", undefined],
    ]);
  });

  it("does nothing for a delivery that is not there", async () => {
    const message = await waitingMessage();
    await scene.dispatch({ ...message, config_id: "another" });
    expect(scene.requests).toEqual([]);
  });

  it("throws and leaves everything pending when the provider's definition does, so that the message comes again", async () => {
    const message = await waitingMessage();
    scene.scene.provider = { ...fakeProvider(), readAnswer: () => JSON.parse("<html>") };
    await expect(scene.dispatch(message)).rejects.toThrow(SyntaxError);
    expect((await eventsOf(message))[0]).toEqual({ outcome: "pending", attempts: [] });
  });

  it("says in one log line how it went, and nothing about visitors", async () => {
    const message = await waitingMessage([
      { event_name: "a", user_id: "user-ada" },
      { event_name: "b", context: { ip: "198.51.100.7" } },
    ]);
    scene.scene.answer = ({ body }) => status(body === '["a"]' ? 200 : 500);
    const lines: object[] = [];

    await scene.dispatch(message, { ...silentLog, info: (fields) => void lines.push(fields) });

    expect(lines).toMatchObject([{ event: "delivery_attempt", config_id: "one", attempt: 0, verdicts: { delivered: 1, retry: 1 } }]);
    for (const secret of ["user-ada", "198.51.100.7", browser]) {
      expect(JSON.stringify(lines)).not.toContain(secret);
    }
  });
});
