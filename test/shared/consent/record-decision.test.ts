import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newestRecord } from "../../../shared/consent/consent-record.ts";
import { publishConsentConfig } from "../../../shared/consent/publish-consent-config.ts";
import { listConsent, readConsent } from "../../../shared/consent/read-records.ts";
import { type DecisionFacts, type NewDecision, newDecision, recordDecision } from "../../../shared/consent/record-decision.ts";
import { revokeConsent } from "../../../shared/consent/revoke-consent.ts";
import { createConsentConfig, patchConsentConfig } from "../../../shared/consent/write-consent-configs.ts";
import { type ConsentScene, openConsentScene } from "../../support/consent-scene.ts";

const tenant = "tenant";
const dayMs = 86_400_000;
const noSignals = { do_not_track: false, global_privacy_control: false };
const byPage: DecisionFacts = { signals: noSignals, recordedBy: "site" };
const byServer: DecisionFacts = { signals: noSignals, recordedBy: "secret" };

describe("decisions about a published consent config", () => {
  let scene: ConsentScene;
  let configId: string;
  let decide: (decision: NewDecision, facts?: DecisionFacts) => ReturnType<ReturnType<typeof recordDecision>>;
  let revoke: ReturnType<typeof revokeConsent>;

  const publish = async (id: string) => {
    await publishConsentConfig(scene.ports)({ tenantId: tenant, id, mayReplace: () => true }, { by: "key:test", renew: [] });
  };
  const change = async (patch: object) => {
    await patchConsentConfig(scene.ports)({ tenantId: tenant, id: configId, mayReplace: () => true }, { ...patch });
    await publish(configId);
  };
  const newConfig = async (body: object) => (await createConsentConfig(scene.ports)(tenant, body)).document.id;

  beforeEach(async () => {
    scene = openConsentScene();
    const append = scene.newProcess();
    const record = recordDecision(scene.ports, append);
    decide = (decision, facts = byPage) => record(tenant, decision, facts);
    revoke = revokeConsent(append);
    configId = await newConfig({
      display_name: "Club",
      categories: { functional: { enabled: false } },
      consent_expiry_days: 30,
      texts: { sv: { title: "Kakor" } },
    });
    await publish(configId);
  });
  afterEach(() => scene.close());

  it("hold every category that is offered: granted only where it says so, the necessary one always", async () => {
    const { record } = await decide({ decisions: { analytics: true, necessary: false } });
    expect(record.decisions).toEqual({ necessary: true, analytics: true, marketing: false });
    expect(record).toMatchObject({
      tenant_id: tenant,
      sequence: 1,
      revoked: [],
      config_id: configId,
      config_version: 1,
      language: "en",
      method: "banner",
      recorded_by: "site",
      signals: noSignals,
      decided_at: new Date(scene.now()).toISOString(),
      expires_at: new Date(scene.now() + 30 * dayMs).toISOString(),
      kept_until: "2029-01-31T00:00:00.000Z",
      previous_kept_until: null,
    });
  });

  it("give each visitor without an id another one that nobody can guess", async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => decide({ decisions: {} })));
    const ids = made.map(({ record }) => record.visitor_id);
    expect(new Set(ids).size).toBe(20);
    expect(ids.filter((id) => !/^v_[\w-]{32}$/.test(id))).toEqual([]);
    expect(made.map(({ record }) => record.sequence)).toEqual(ids.map(() => 1));
  });

  it("say how they were made, as it is said or as the key tells", async () => {
    const signals = { do_not_track: true, global_privacy_control: true };
    expect((await decide({ decisions: {} }, byServer)).record).toMatchObject({ method: "api", recorded_by: "secret" });
    const gpc = await decide({ decisions: {}, method: "gpc" }, { signals, recordedBy: "site" });
    expect(gpc.record).toMatchObject({ method: "gpc", signals });
    expect(newDecision.safeParse({ decisions: {}, method: "revocation" }).success).toBe(false);
  });

  it.each([
    ["a category that is not there", { decisions: { advertising: true } }, "/decisions/advertising"],
    ["a disabled category", { decisions: { functional: false } }, "/decisions/functional"],
    ["a name that every object has", { decisions: JSON.parse('{"__proto__":true}') as object }, "/decisions/__proto__"],
    ["what is neither yes nor no", { decisions: { analytics: "yes" } }, "/decisions/analytics"],
    ["another config", { decisions: {}, config_id: "other" }, "/config_id"],
    ["a version that is not published", { decisions: {}, config_version: 2 }, "/config_version"],
  ])("422: refuse %s, by its name", async (_what, decision, pointer) => {
    await expect(decide({ visitor_id: "v", ...decision } as NewDecision)).rejects.toMatchObject({
      code: "body-invalid",
      extensions: { pointer },
    });
    expect(await newestRecord(scene.ports.store, tenant, "v")).toBeUndefined();
  });

  it("422: refuse a tenant that has published nothing", async () => {
    const record = recordDecision(scene.ports, scene.newProcess());
    await expect(record("other", { decisions: {} }, byPage)).rejects.toMatchObject({
      code: "body-invalid",
      extensions: { pointer: "/config_id" },
    });
  });

  it("may be about an earlier version, whose categories and expiry then hold", async () => {
    await change({ categories: { functional: { enabled: true } }, consent_expiry_days: 60 });
    const earlier = await decide({ decisions: { analytics: true }, config_id: configId, config_version: 1 });
    expect(earlier.record.decisions).toEqual({ necessary: true, analytics: true, marketing: false });
    expect(Date.parse(earlier.record.expires_at) - scene.now()).toBe(30 * dayMs);
    await expect(decide({ decisions: { functional: true }, config_version: 1 })).rejects.toMatchObject({ code: "body-invalid" });
    const newest = await decide({ decisions: { functional: true } });
    expect(newest.record).toMatchObject({ config_version: 2, decisions: { functional: true } });
    expect(Date.parse(newest.record.expires_at) - scene.now()).toBe(60 * dayMs);
  });

  it("422: are not about a config that another one replaced", async () => {
    const next = await newConfig({ display_name: "Next" });
    await publish(next);
    await expect(decide({ decisions: {}, config_id: configId })).rejects.toMatchObject({ extensions: { pointer: "/config_id" } });
    expect((await decide({ decisions: {}, config_id: next })).record.config_id).toBe(next);
  });

  it("keep the language and a hash of the very texts that were shown", async () => {
    const english = (await decide({ decisions: {} })).record;
    const swedish = (await decide({ decisions: {}, language: "sv-SE" })).record;
    const unknown = (await decide({ decisions: {}, language: "fi" })).record;
    expect([english.language, swedish.language, unknown.language]).toEqual(["en", "sv", "en"]);
    expect(swedish.text_hash).not.toBe(english.text_hash);
    expect(unknown.text_hash).toBe(english.text_hash);
    expect((await decide({ decisions: {} })).record.text_hash).toBe(english.text_hash);

    await change({ banner: { primary_color: "#123456" } });
    expect((await decide({ decisions: {} })).record.text_hash).toBe(english.text_hash);
    await change({ categories: { analytics: { description: "Something else." } } });

    expect((await decide({ decisions: {} })).record.text_hash).not.toBe(english.text_hash);
    expect((await decide({ decisions: {}, config_version: 1 })).record.text_hash).toBe(english.text_hash);
  });

  it("are taken back for the named categories, which stay revoked until they are granted anew", async () => {
    const granted = await decide({ visitor_id: "v", decisions: { analytics: true, marketing: true } });
    await scene.advance(1000);
    const { record } = await revoke(tenant, "v", ["marketing"], byPage);
    expect(record).toMatchObject({
      sequence: 2,
      decisions: { necessary: true, analytics: true, marketing: false },
      revoked: ["marketing"],
      method: "revocation",
      config_id: configId,
      config_version: 1,
      language: "en",
      text_hash: granted.record.text_hash,
      decided_at: new Date(scene.now()).toISOString(),
      expires_at: granted.record.expires_at,
      previous_hash: granted.record.hash,
    });
    expect((await decide({ visitor_id: "v", decisions: { analytics: true } })).record.revoked).toEqual(["marketing"]);
    expect((await decide({ visitor_id: "v", decisions: { marketing: true } })).record).toMatchObject({
      revoked: [],
      decisions: { marketing: true, analytics: false },
    });
  });

  it("are taken back as a whole when no category is named", async () => {
    await decide({ visitor_id: "v", decisions: { analytics: true } });
    const { record } = await revoke(tenant, "v", undefined, byPage);
    expect(record.decisions).toEqual({ necessary: true, analytics: false, marketing: false });
    expect(record.revoked).toEqual(["analytics", "marketing"]);
    expect((await revoke(tenant, "v", ["analytics"], byPage)).record.revoked).toEqual(["analytics", "marketing"]);
  });

  it("are not a server's word when it takes back only some of what a page recorded", async () => {
    await decide({ visitor_id: "v", decisions: { analytics: true, marketing: true } }, byPage);
    expect((await revoke(tenant, "v", ["marketing"], byServer)).record.recorded_by).toBe("site");
    await decide({ visitor_id: "v", decisions: { analytics: true, marketing: true } }, byServer);
    expect((await revoke(tenant, "v", ["marketing"], byServer)).record.recorded_by).toBe("secret");
    expect((await revoke(tenant, "v", ["analytics"], byPage)).record.recorded_by).toBe("site");
  });

  it.each([["necessary"], ["advertising"], ["functional"], ["__proto__"]])("422: can't be taken back for %s", async (category) => {
    await decide({ visitor_id: "v", decisions: { analytics: true } });
    await expect(revoke(tenant, "v", ["analytics", category], byPage)).rejects.toMatchObject({
      code: "body-invalid",
      extensions: { pointer: "/categories/1" },
    });
    expect((await newestRecord(scene.ports.store, tenant, "v"))?.sequence).toBe(1);
  });

  it("404: can't be taken back or read where there are none", async () => {
    await decide({ visitor_id: "v", decisions: {} });
    for (const [of, who] of [
      [tenant, "w"],
      ["other", "v"],
    ] as const) {
      await expect(revoke(of, who, undefined, byPage)).rejects.toMatchObject({ code: "not-found" });
      await expect(readConsent(scene.ports)(of, who)).rejects.toMatchObject({ code: "not-found" });
      await expect(listConsent(scene.ports)(of, who, 10, undefined)).rejects.toMatchObject({ code: "not-found" });
      expect(await newestRecord(scene.ports.store, of, who)).toBeUndefined();
    }
  });

  it("are found again by any visitor id, however odd, and by no other", async () => {
    const ids = [
      "a/b",
      "a\\b",
      "a?b",
      "a#b",
      "a|b",
      " a",
      "a ",
      "a",
      "A",
      "\0",
      "a\0b",
      "é",
      "e\u0301",
      "😀",
      "newest",
      "x".repeat(200),
      "😀".repeat(100),
    ];
    for (const id of ids) {
      expect(newDecision.parse({ visitor_id: id, decisions: {} }).visitor_id).toBe(id);
      await decide({ visitor_id: id, decisions: {} });
    }
    for (const id of ids) {
      expect(await newestRecord(scene.ports.store, tenant, id)).toMatchObject({ visitor_id: id, sequence: 1 });
    }
  });

  it.each([[""], ["x".repeat(201)], ["\ud800"], [7]])("422: are not of a visitor with the id %j", (id) => {
    expect(newDecision.safeParse({ visitor_id: id, decisions: {} }).success).toBe(false);
  });

  it("cost the gate one read", async () => {
    await decide({ visitor_id: "v", decisions: { analytics: true } });
    let reads = 0;
    const get: typeof scene.ports.store.get = (...asked) => {
      reads++;
      return scene.ports.store.get(...asked);
    };
    expect((await newestRecord({ get }, tenant, "v"))?.decisions["analytics"]).toBe(true);
    expect(reads).toBe(1);
  });
});
