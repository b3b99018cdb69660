import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readReceipt } from "../../../shared/delivery/read-receipt.ts";
import { browser, type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { status } from "../../support/gateway-in-process.ts";

describe("the receipt of an event", () => {
  let scene: DeliveryScene;
  beforeEach(() => {
    scene = openDeliveryScene();
  });
  afterEach(() => scene.close());
  const receipt = (id: string, tenant = scene.tenant) => readReceipt(scene.ports)(tenant, id);

  it("says that nothing is known yet before the fan-out", async () => {
    await scene.config("one");
    const message = await scene.post({});
    const shown = await receipt(message.events[0]!.id);
    expect(shown).toMatchObject({ event_name: "pageview", fanned_out: false });
    expect(shown.deliveries).toEqual({});
  });

  it("says that no config was for it after the fan-out", async () => {
    const message = await scene.post({});
    await scene.fanOut(message);
    const shown = await receipt(message.events[0]!.id);
    expect(shown.fanned_out).toBe(true);
    expect(shown.deliveries).toEqual({});
  });

  it("shows what arrived, and each config's outcome with its attempts", async () => {
    await scene.config("one");
    await scene.config("two");
    const message = await scene.post({ event_name: "a", page_title: "Å" }, { event_name: "b", config_id: "two" });
    await scene.fanOut(message);
    scene.scene.answer = ({ body }) => status(body === '["a"]' ? 200 : 400, "no");
    for (const sent of await scene.waiting()) {
      await scene.dispatch(sent);
    }
    const at = new Date(scene.now()).toISOString();

    const [a, b] = message.events.map(({ id }) => id);
    const delivered = { provider: "acme", outcome: "delivered", attempts: [{ at, duration_ms: 0, status: 200 }] };
    expect(await receipt(a!)).toEqual({
      id: a,
      tenant_id: "tenant-a",
      received_at: at,
      occurred_at: at,
      event_name: "a",
      page_title: "Å",
      user_agent: browser,
      fanned_out: true,
      deliveries: { one: delivered, two: delivered },
    });
    expect((await receipt(b!)).deliveries).toEqual({
      two: { provider: "acme", outcome: "rejected", reason: "status 400", attempts: [{ at, duration_ms: 0, status: 400, answer: "no" }] },
    });
  });

  it("404: for an id that nobody has, or that another tenant has", async () => {
    const message = await scene.post({});
    await expect(receipt("0199ffff-0000-7000-8000-000000000000")).rejects.toMatchObject({ code: "not-found" });
    await expect(receipt(message.events[0]!.id, { id: "tenant-b", event_shards: 3 })).rejects.toMatchObject({ code: "not-found" });
  });

  it("holds no address and nothing that only the store needs", async () => {
    const message = await scene.post({ context: { ip: "198.51.100.7" }, idempotency_key: "k" });
    await scene.fanOut(message);
    const shown = JSON.stringify(await receipt(message.events[0]!.id));
    expect(shown).not.toContain("198.51.100.7");
    for (const field of ["pk", "batch_id", "content_hash", "client_ip"]) {
      expect(shown).not.toContain(`"${field}"`);
    }
  });
});
