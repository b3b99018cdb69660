import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Config, StoredVerification } from "../../../shared/configs/config.ts";
import type { BreakerDocument } from "../../../shared/delivery/breaker-store.ts";
import type { ProviderConfig } from "../../../shared/providers/definition.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { silentLog } from "../../support/embedded-store.ts";
import { fakeProvider } from "../../support/fake-provider.ts";
import { status } from "../../support/gateway-in-process.ts";

const found = (capabilities?: Record<string, boolean>): StoredVerification => ({
  result: "verified",
  detail: "the token is known",
  ...(capabilities === undefined ? {} : { capabilities }),
  verified_at: "2026-01-01T00:00:00.000Z",
});

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

  it.each<[string, Partial<Config>, object | undefined]>([
    ["what its last verification found", { verification: found({ batches: true }) }, { batches: true }],
    ["nothing where that found nothing", { verification: found() }, undefined],
    ["nothing where it was not verified", {}, undefined],
  ])("tells the mapping what the provider's server can do: %s", async (_, fields, expected) => {
    const { toRequests } = scene.scene.provider;
    const seen: ProviderConfig[] = [];
    scene.scene.provider = { ...scene.scene.provider, toRequests: (events, config) => toRequests(events, seen[seen.push(config) - 1]!) };

    await scene.dispatch(await waitingMessage([{}], fields));

    expect(seen.map(({ capabilities }) => capabilities)).toEqual([expected]);
    expect("capabilities" in seen[0]!).toBe(expected !== undefined);
  });

  describe("whose config has changed meanwhile", () => {
    it.each<[string, Partial<Config>, string]>([
      ["is paused", { status: "paused" }, "config_inactive"],
      ["is decommissioned", { status: "decommissioned" }, "config_inactive"],
      ["requires consent now", { require_cookie_consent: true }, "consent_missing"],
    ])("sends nothing when it %s", async (_, change, reason) => {
      const message = await waitingMessage();
      await scene.config("one", change);

      await scene.dispatch(message);

      expect(scene.requests).toEqual([]);
      expect((await eventsOf(message))[0]).toMatchObject({ outcome: "suppressed", reason, attempts: [] });
      expect(await scene.counts("one")).toMatchObject({ received: 1, pending: 0, suppressed: 1, [`suppressed_${reason}`]: 1 });
      await scene.clock.jump(24 * 3_600_000);
      expect(await scene.waiting()).toEqual([]);
    });

    it("stops retrying when it is paused between two attempts, and keeps what was tried", async () => {
      const message = await waitingMessage();
      scene.scene.answer = () => status(500);
      await scene.dispatch(message);
      await scene.config("one", { status: "paused" });
      await scene.clock.advance(30_000);
      const [again] = await scene.waiting();

      await scene.dispatch(again!);

      expect((await eventsOf(message))[0]).toMatchObject({ outcome: "suppressed", reason: "config_inactive", attempts: [{ status: 500 }] });
      expect(scene.requests).toHaveLength(1);
    });

    it("sends nothing when it is gone", async () => {
      const message = await waitingMessage();
      await scene.store.delete("configs", scene.tenant.id, "one");
      await scene.dispatch(message);
      expect((await eventsOf(message))[0]).toMatchObject({ outcome: "suppressed", reason: "config_inactive" });
    });

    it("uses its settings and credentials as they are now", async () => {
      scene.scene.provider = fakeProvider({ secretsToSend: ["token_ref"] });
      const message = await waitingMessage([{}], { credentials: { token_ref: "old" } });
      scene.secretValues.set("new", "s3cret");
      await scene.config("one", { credentials: { token_ref: "new" } });

      await scene.dispatch(message);

      expect(scene.requests[0]?.headers).toEqual({ authorization: "s3cret" });
    });
  });

  describe("that needs a secret", () => {
    beforeEach(() => {
      scene.scene.provider = fakeProvider({ secretsToSend: ["token_ref"] });
    });

    it.each([
      ["is not in the vault", { token_ref: "nowhere" }],
      ["has no reference", {}],
    ])("tries again later when it %s, and sends nothing without it", async (_, credentials: Record<string, string>) => {
      const message = await waitingMessage([{}], { credentials });
      await scene.dispatch(message);

      expect(scene.requests).toEqual([]);
      const failure = "a secret that the config refers to can't be read";
      expect((await eventsOf(message))[0]).toMatchObject({ outcome: "pending", reason: failure, attempts: [{ failure }] });
      await scene.clock.advance(30_000);
      scene.secretValues.set("nowhere", "found");
      await scene.config("one", { credentials: { token_ref: "nowhere" } });
      const [again] = await scene.waiting();
      await scene.dispatch(again!);
      expect(await outcomesOf(message)).toEqual(["delivered"]);
    });
  });

  it("says in the log how many events become dead letters because their config did not work for two days", async () => {
    const message = await waitingMessage([{ event_name: "a" }, { event_name: "b" }]);
    const { updated_at: of, id, pk } = (await scene.store.get<Config>("configs", message.tenant_id, "one"))!.document;
    const breaker: BreakerDocument = { id, pk, of, failures: 5, openings: 9, open_until: scene.now() + 60_000 };
    await scene.store.upsert("breakers", breaker);
    const lines: object[] = [];

    await scene.dispatch(
      { ...message, put_off_since: scene.now() - 49 * 3_600_000 },
      { ...silentLog, warn: (fields) => void lines.push(fields) },
    );

    expect(await outcomesOf(message)).toEqual(["dead_lettered", "dead_lettered"]);
    const { tenant_id, config_id, provider, batch_id } = message;
    expect(lines).toEqual([{ event: "dead_lettered", tenant_id, config_id, provider, batch_id, events: 2 }]);
  });
});
