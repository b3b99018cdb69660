import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DispatchMessage } from "../../../shared/delivery/messages.ts";
import { recordResults } from "../../../shared/delivery/record-results.ts";
import type { Verdict } from "../../../shared/providers/definition.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";

const attempt = { at: "2026-01-01T00:00:00.000Z", duration_ms: 5, status: 500 };

describe("recording what an attempt brought", () => {
  let scene: DeliveryScene;
  let message: DispatchMessage;
  beforeEach(async () => {
    scene = openDeliveryScene();
    await scene.config("one");
    await scene.fanOut(await scene.post({ event_name: "a" }, { event_name: "b" }));
    [message] = (await scene.waiting()) as [DispatchMessage];
  });
  afterEach(() => scene.close());

  const record = (verdicts: readonly Verdict[], of = message) => {
    const results = verdicts.map((verdict, index) => ({ event: message.events[index]!, verdict, attempt }));
    return recordResults(scene.ports, of, results, 10, () => 1);
  };
  const retry: Verdict = { verdict: "retry", reason: "status 500" };

  it("starts over when another message about the same delivery was faster, so that both results count", async () => {
    const { outbox } = scene.ports;
    let isFirst = true;
    const racing = {
      ...outbox,
      applyThenSend: async (...args: Parameters<typeof outbox.applyThenSend>) => {
        if (isFirst) {
          isFirst = false;
          await recordResults(
            scene.ports,
            message,
            [{ event: message.events[1]!, verdict: { verdict: "delivered" }, attempt }],
            10,
            () => 1,
          );
        }
        return outbox.applyThenSend(...args);
      },
    };
    await recordResults({ ...scene.ports, outbox: racing }, message, [{ event: message.events[0]!, verdict: retry, attempt }], 10, () => 1);

    const delivery = (await scene.delivery(message, "one"))!;
    expect(Object.values(delivery.events).map(({ outcome }) => outcome)).toEqual(["pending", "delivered"]);
    expect(await scene.counts("one")).toEqual({ received: 2, pending: 1, delivered: 1, bytes_sent: 20 });
  });

  it("leaves results of an attempt alone that came again after the next one", async () => {
    await record([retry, retry]);
    await record([{ verdict: "delivered" }, { verdict: "delivered" }], { ...message, attempt: 1 });
    const settled = await scene.delivery(message, "one");
    await record([{ verdict: "rejected", reason: "late" }, retry]);
    expect(await scene.delivery(message, "one")).toEqual(settled);
  });

  it("sends one message for the next attempt of all that failed, without how often this one was put off", async () => {
    await record([retry, retry], { ...message, deferrals: 4 });
    await scene.clock.advance(30_000);
    expect(await scene.waiting()).toEqual([{ ...message, attempt: 1 }]);
  });

  it("writes nothing when the message can't be sent with it", async () => {
    const before = [await scene.delivery(message, "one"), await scene.counts("one")];
    const outbox = { ...scene.ports.outbox, applyThenSend: () => Promise.reject(new Error("disk full")) };
    const results = [{ event: message.events[0]!, verdict: retry, attempt }];
    await expect(recordResults({ ...scene.ports, outbox }, message, results, 10, () => 1)).rejects.toThrow("disk full");
    expect([await scene.delivery(message, "one"), await scene.counts("one")]).toEqual(before);
  });

  it("gives up, so that the message comes again, when the document never stands still", async () => {
    const outbox = {
      ...scene.ports.outbox,
      applyThenSend: async () => ({ applied: false, index: 0, reason: "precondition-failed" }) as const,
    };
    const results = [{ event: message.events[0]!, verdict: retry, attempt }];
    await expect(recordResults({ ...scene.ports, outbox }, message, results, 10, () => 1)).rejects.toThrow("keeps changing");
  });

  it("counts for the hour of receipt, however late the attempt", async () => {
    await scene.clock.jump(5 * 3_600_000);
    await record([{ verdict: "delivered" }, { verdict: "delivered" }]);
    expect(await scene.counts("one")).toEqual({ received: 2, pending: 0, delivered: 2, bytes_sent: 10 });
    const ids: string[] = [];
    for (const shard of [0, 1, 2]) {
      const where = [{ path: "type", op: "eq", value: "usage" }] as const;
      const page = await scene.store.query("deliveries", `tenant-a|${shard}`, {
        where,
        orderBy: { path: "id", direction: "asc" },
        limit: 10,
      });
      ids.push(...page.items.map(({ document }) => document.id));
    }
    expect(ids).toEqual(["usage:one:2026-01-01T00"]);
  });
});
