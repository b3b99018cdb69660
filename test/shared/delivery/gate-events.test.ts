import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ConsentHead, consentPartition } from "../../../shared/consent/consent-record.ts";
import { Problem } from "../../../shared/problems/problem.ts";
import { active, record } from "../../support/consent-cases.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { fakeProvider } from "../../support/fake-provider.ts";
import { status } from "../../support/gateway-in-process.ts";

describe("consent when events are sent", () => {
  let scene: DeliveryScene;
  beforeEach(() => {
    scene = openDeliveryScene();
  });
  afterEach(() => scene.close());

  const publish = () => scene.store.upsert("consent-configs", { ...active, id: "active", pk: scene.tenant.id, tenant_id: scene.tenant.id });
  const decide = (visitorId: string, analytics: boolean, change: object = {}) => {
    const expires_at = new Date(scene.clock.now() + 86_400_000).toISOString();
    const own = { ...record, tenant_id: scene.tenant.id, visitor_id: visitorId, decisions: { analytics }, expires_at, ...change };
    const pk = consentPartition(scene.tenant.id, visitorId);
    return scene.store.upsert("consent-records", { id: "newest", pk, type: "head", record: own } as unknown as ConsentHead);
  };
  /** Sends events to the config `one`; what became of them, in their order. */
  const send = async (events: readonly object[], require_cookie_consent = true) => {
    await scene.config("one", { require_cookie_consent });
    await scene.fanOut(await scene.post(...events));
    const [message] = await scene.waiting();
    await scene.dispatch(message!);
    return Object.values((await scene.delivery(message!, "one"))!.events);
  };
  /** What the provider's mapping is given. */
  const mapped = () => {
    const seen: object[] = [];
    const provider = fakeProvider();
    scene.scene.provider = {
      ...provider,
      toRequests: (events, ...others) => {
        seen.push(...events);
        return provider.toRequests(events, ...others);
      },
    };
    return seen;
  };

  it("lets through whom the record says, each visitor by its own, and shows why on the receipt", async () => {
    await publish();
    await decide("yes", true);
    await decide("no", false);
    const outcomes = await send([{ visitor_id: "yes" }, { visitor_id: "no" }, { visitor_id: "unknown" }, {}]);
    const decision = { category: "analytics", record_id: "record-1", config_id: "banner", config_version: 3 };
    expect(outcomes).toMatchObject([
      { outcome: "delivered", consent: { sent: "identified", ...decision } },
      { outcome: "suppressed", reason: "consent_denied", consent: { sent: "nothing", reason: "consent_denied", ...decision } },
      { outcome: "suppressed", reason: "consent_missing", consent: { sent: "nothing", category: "analytics", reason: "consent_missing" } },
      { outcome: "suppressed", reason: "consent_missing" },
    ]);
    expect(scene.requests).toHaveLength(1);
  });

  it("finds a visitor by visitor_id, else anonymous_id, else user_id, and by one of them only", async () => {
    await publish();
    await decide("v", true);
    await decide("a", true);
    await decide("u", true, { recorded_by: "secret" });
    const ids = [{ visitor_id: "v" }, { anonymous_id: "a" }, { user_id: "u" }, { visitor_id: "new", anonymous_id: "a", user_id: "u" }];
    const outcomes = await send([...ids, { anonymous_id: "new", user_id: "u" }]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["delivered", "delivered", "delivered", "suppressed", "suppressed"]);
  });

  it("sends without consent, where none is required, nothing that identifies, and with it everything", async () => {
    await publish();
    await decide("yes", true);
    const event = {
      user_id: "user-42",
      anonymous_id: "anon-7",
      page_url: "https://shop.example/a?gclid=clicked&page=2&User-ID=42#uid=7&x=1",
      referrer: "https://other.example/?fbclid=1",
      event_properties: { plan: "pro", nested: [{ deviceId: "device-1", size: 1 }], user_id: "user-42" },
      consent: { analytics: true },
    };
    const seen = mapped();
    const outcomes = await send(
      [
        { ...event, visitor_id: "new" },
        { ...event, visitor_id: "yes" },
      ],
      false,
    );
    expect(outcomes).toMatchObject([{ outcome: "delivered" }, { outcome: "delivered", consent: { sent: "identified" } }]);
    expect(outcomes[0]).not.toHaveProperty("consent");
    expect(seen[0]).toMatchObject({
      page_url: "https://shop.example/a?page=2#x=1",
      referrer: "https://other.example/",
      event_properties: { plan: "pro", nested: [{ size: 1 }] },
    });
    expect(JSON.stringify(seen[0])).not.toMatch(/user-42|anon-7|"new"|device-1|clicked|fbclid|consent/);
    expect(seen[1]).toMatchObject({ ...event, visitor_id: "yes", consent: { functional: false, analytics: true, marketing: false } });
  });

  it("identifies nobody who has not consented", async () => {
    await publish();
    const outcomes = await send(
      [
        { event_name: "identify", user_id: "u" },
        { event_name: "alias", user_id: "u" },
      ],
      false,
    );
    expect(outcomes).toMatchObject([{ reason: "consent_missing" }, { reason: "consent_missing" }]);
    expect(scene.requests).toEqual([]);
  });

  it("asks again at every attempt, and retries the event as it came", async () => {
    await publish();
    await decide("v", true);
    scene.scene.answer = () => status(500);
    await send([{ visitor_id: "v", user_id: "user-42" }]);
    await decide("v", true, { revoked: ["analytics"] });
    await scene.clock.advance(30_000);
    const [again] = await scene.waiting();
    expect(again?.events).toMatchObject([{ visitor_id: "v", user_id: "user-42" }]);

    await scene.dispatch(again!);

    const [outcome] = Object.values((await scene.delivery(again!, "one"))!.events);
    expect(outcome).toMatchObject({ outcome: "suppressed", reason: "consent_revoked", attempts: [{ status: 500 }] });
    expect(scene.requests).toHaveLength(1);
  });

  it("hears of a revocation within a second while a message is being sent", async () => {
    await publish();
    await decide("v", true);
    scene.scene.answer = () => {
      // The first wave of requests takes three seconds, and the visitor revokes meanwhile.
      void scene.clock.jump(3_000);
      return status(200);
    };
    const events = Array.from({ length: 20 }, () => ({ visitor_id: "v" }));
    const { get } = scene.store;
    let reads = 0;
    scene.ports.store.get = ((...args: Parameters<typeof get>) => {
      reads += args[0] === "consent-records" ? 1 : 0;
      return get.apply(scene.store, args);
    }) as typeof get;
    const outcomes = await send(events);
    expect(outcomes.every(({ outcome }) => outcome === "delivered")).toBe(true);
    expect(reads).toBeGreaterThan(1);
  });

  it("reads the tenant's config once and each visitor once per message, and nobody's where nothing is published", async () => {
    const reads: string[] = [];
    const { get } = scene.store;
    scene.ports.store.get = ((...args: Parameters<typeof get>) => {
      reads.push(args[0]);
      return get.apply(scene.store, args);
    }) as typeof get;
    const events = Array.from({ length: 30 }, (_, at) => ({ visitor_id: `v-${at % 3}` }));
    await send(events);
    expect(reads.filter((container) => container.startsWith("consent"))).toEqual(["consent-configs"]);
    await publish();
    reads.length = 0;
    await send(events);
    expect(reads.filter((container) => container.startsWith("consent")).sort()).toEqual([
      "consent-configs",
      "consent-records",
      "consent-records",
      "consent-records",
    ]);
  });

  it("sends nothing, and loses nothing, while the records can't be read", async () => {
    await publish();
    await decide("v", true);
    const { get } = scene.store;
    scene.ports.store.get = (async (...args: Parameters<typeof get>) => {
      if (args[0] === "consent-records") {
        throw new Problem("store-unavailable", "not now");
      }
      return get.apply(scene.store, args);
    }) as typeof get;
    expect(await send([{ visitor_id: "v" }])).toMatchObject([{ outcome: "pending", attempts: [] }]);
    expect(scene.requests).toEqual([]);
    await scene.clock.jump(30_000);
    expect(await scene.waiting()).toHaveLength(1);
  });

  it("keeps still for a browser that asks for it, and says so", async () => {
    const outcomes = await send([{ context: { do_not_track: true } }, { context: { global_privacy_control: true } }], false);
    expect(outcomes).toMatchObject([
      { outcome: "suppressed", reason: "do_not_track", consent: { sent: "nothing", do_not_track: true } },
      { outcome: "suppressed", reason: "global_privacy_control", consent: { sent: "nothing", global_privacy_control: true } },
    ]);
  });
});
