import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { consentConfigView, listConsentConfigs } from "../../../shared/consent/read-consent-configs.ts";
import { type ConsentConfigScene, openConsentConfigScene } from "../../support/consent-config-scene.ts";

describe("writing consent configs", () => {
  let scene: ConsentConfigScene;
  beforeEach(() => {
    scene = openConsentConfigScene();
  });
  afterEach(() => scene.close());

  const list = async (options: Partial<Parameters<ReturnType<typeof listConsentConfigs>>[1]> = {}) =>
    (await listConsentConfigs(scene)("tenant-a", { limit: 100, ...options })).map(({ document }) => document.id);

  it("begins in draft, at version 0, with all of it unpublished", async () => {
    const config = await scene.make();
    expect(config).toMatchObject({
      type: "config",
      pk: "tenant-a",
      tenant_id: "tenant-a",
      status: "draft",
      version: 0,
      has_unpublished_changes: true,
      created_at: "2026-01-01T00:00:00.000Z",
      updated_at: "2026-01-01T00:00:00.000Z",
    });
    expect((await scene.get(config.id)).document).toEqual(config);
  });

  it("refuses what is wrong, and stores nothing", async () => {
    await expect(scene.make({ consent_expiry_days: 0 })).rejects.toMatchObject({ code: "body-invalid" });
    expect(await list()).toEqual([]);
  });

  it("patches what is named, takes the default back for null, and keeps the rest", async () => {
    const config = await scene.make({
      consent_expiry_days: 90,
      banner: { position: "top", style: "box" },
      texts: { sv: { title: "Kakor" } },
    });
    await scene.clock.advance(1_000);
    const patched = await scene.patch(config.id, {
      consent_expiry_days: null,
      banner: { position: null },
      texts: { sv: { body: "Om lov." } },
      categories: { marketing: { enabled: false } },
    });
    expect(patched).toEqual({
      ...config,
      updated_at: "2026-01-01T00:00:01.000Z",
      content: {
        ...config.content,
        consent_expiry_days: 180,
        banner: { ...config.content.banner, position: "bottom", style: "box" },
        texts: { ...config.content.texts, sv: { title: "Kakor", body: "Om lov." } },
        categories: { ...config.content.categories, marketing: { ...config.content.categories.marketing, enabled: false } },
      },
    });
  });

  it("refuses a patch that leaves it wrong, and changes nothing", async () => {
    const config = await scene.make();
    for (const patch of [
      { display_name: null },
      { categories: { analytics: { default_accepted: true } } },
      { default_language: "sv" },
      { status: "active" },
    ]) {
      await expect(scene.patch(config.id, patch)).rejects.toMatchObject({ code: "body-invalid" });
    }
    expect((await scene.get(config.id)).document).toEqual(config);
  });

  it("stays under its size however it is patched together", async () => {
    const { id } = await scene.make();
    const texts = (letter: string) =>
      Object.fromEntries([..."abcdefghijklmnop"].map((other) => [`q${letter}${other}`, { body: "é".repeat(900) }]));
    await scene.patch(id, { texts: texts("a") });
    await scene.patch(id, { texts: texts("b") });
    await expect(scene.patch(id, { texts: texts("c") })).rejects.toMatchObject({ code: "body-invalid" });
  });

  it("archives for good: not changed, not listed unless asked for, still readable", async () => {
    const [kept, ended] = [await scene.make(), await scene.make()];
    await scene.publish(ended.id);
    await scene.archive(ended.id);
    expect(await scene.active()).toBeUndefined();
    const before = await scene.get(ended.id);
    expect(before.document).toMatchObject({ status: "archived", version: 1 });
    await expect(scene.patch(ended.id, { display_name: "Late" })).rejects.toMatchObject({ code: "conflict" });
    await scene.clock.advance(1_000);
    await scene.archive(ended.id);
    expect(await scene.get(ended.id)).toEqual(before);
    expect(await scene.versions(ended.id)).toHaveLength(1);
    expect(await list()).toEqual([kept.id]);
    expect(await list({ status: "archived" })).toEqual([ended.id]);
    expect(await list({ status: "active" })).toEqual([]);
  });

  it("archives a draft without touching the active one", async () => {
    const [draft, active] = [await scene.make(), await scene.make()];
    await scene.publish(active.id);
    await scene.archive(draft.id);
    expect(await scene.active()).toMatchObject({ config_id: active.id });
  });

  it("refuses who has not seen the newest version", async () => {
    const { id } = await scene.make();
    const { etag } = await scene.get(id);
    await scene.patch(id, { display_name: "First" });
    const stale = { mayReplace: (tag: string) => tag === etag };
    for (const attempt of [scene.patch(id, { display_name: "Second" }, stale), scene.archive(id, stale), scene.publish(id, [], stale)]) {
      await expect(attempt).rejects.toMatchObject({ code: "precondition-failed" });
    }
    expect((await scene.get(id)).document).toMatchObject({ status: "draft", content: { display_name: "First" } });
  });

  it("lists in the order of making, however small the pages, and nothing but this tenant's configs", async () => {
    const made = [await scene.make(), await scene.make(), await scene.make(), await scene.make()].map(({ id }) => id);
    await scene.over(scene, "tenant-b").make();
    await scene.publish(made[0]!);
    await scene.archive(made[1]!);
    const expected = [made[0]!, made[2]!, made[3]!];
    expect(await list()).toEqual(expected);
    expect([...(await list({ limit: 2 })), ...(await list({ limit: 2, after: made[2] }))]).toEqual(expected);
  });

  it("shows as one flat document, with its warnings, what is stored in parts", async () => {
    const view = consentConfigView(await scene.make({ banner: { text_color: "#ffffff" } }));
    expect(view).toMatchObject({ display_name: "Banner", status: "draft", version: 0, warnings: [{ pointer: "/banner/text_color" }, {}] });
    for (const internal of ["content", "pk", "type"]) {
      expect(view).not.toHaveProperty(internal);
    }
  });
});
