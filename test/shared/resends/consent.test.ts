import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ConsentHead, consentPartition } from "../../../shared/consent/consent-record.ts";
import { active, record } from "../../support/consent-cases.ts";
import { openResendScene, type ResendScene } from "../../support/resend-scene.ts";

describe("what is sent again", () => {
  let scene: ResendScene;
  beforeEach(async () => {
    scene = await openResendScene();
    const { id: pk } = scene.tenant;
    await scene.store.upsert("consent-configs", { ...active, id: "active", pk, tenant_id: pk });
    await scene.config("one", { require_cookie_consent: true });
  });
  afterEach(() => scene.close());

  const decide = (visitorId: string, change: object = {}) => {
    const expires_at = new Date(scene.clock.now() + 365 * 86_400_000).toISOString();
    const own = { ...record, tenant_id: scene.tenant.id, visitor_id: visitorId, decisions: { analytics: true }, expires_at, ...change };
    const pk = consentPartition(scene.tenant.id, visitorId);
    return scene.store.upsert("consent-records", { id: "newest", pk, type: "head", record: own } as unknown as ConsentHead);
  };
  const revoke = (visitorId: string) => decide(visitorId, { revoked: ["analytics"] });

  it("goes by a redelivery only for visitors whose consent still stands", async () => {
    await decide("stays");
    await decide("leaves");
    const posted = await scene.deadLetters({ event_name: "a", visitor_id: "stays" }, { event_name: "b", visitor_id: "leaves" });
    expect(await scene.outcomes(posted)).toEqual(["dead_lettered", "dead_lettered"]);
    await revoke("leaves");

    await scene.redeliver({ all: true });
    await scene.deliverAll();

    expect(await scene.outcomes(posted)).toEqual(["delivered", "suppressed"]);
    expect(scene.sentNames()).toEqual(["a"]);
    const { events } = (await scene.delivery(posted, "one"))!;
    expect(events[posted.events[1]!.id]).toMatchObject({ reason: "consent_revoked", consent: { sent: "nothing" } });
  });

  it("goes by a replay only for visitors whose consent still stands, to a config that was made later too", async () => {
    await decide("stays");
    await decide("leaves");
    const posted = await scene.post({ event_name: "a", visitor_id: "stays" }, { event_name: "b", visitor_id: "leaves" });
    await scene.fanOut(posted);
    await scene.deliverAll();
    expect(scene.sentNames().sort()).toEqual(["a", "b"]);
    scene.requests.length = 0;
    await scene.config("two", { require_cookie_consent: true });
    await revoke("leaves");

    expect(await scene.replay({ config_id: "two" })).toMatchObject({ replayed: 2 });
    await scene.deliverAll();

    expect(await scene.outcomes(posted, "two")).toEqual(["delivered", "suppressed"]);
    expect(scene.sentNames()).toEqual(["a"]);
  });
});
