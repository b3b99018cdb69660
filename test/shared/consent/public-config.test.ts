import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPublicConfig } from "../../../shared/consent/public-config.ts";
import { type ConsentConfigScene, openConsentConfigScene } from "../../support/consent-config-scene.ts";

describe("the public consent config", () => {
  let scene: ConsentConfigScene;
  beforeEach(() => {
    scene = openConsentConfigScene();
  });
  afterEach(() => scene.close());

  const published = async (body: object = {}) => scene.publish((await scene.make(body)).id);
  const read = (languages: string[] = [], country?: string) => readPublicConfig(scene)("tenant-a", { languages, country });

  it("404: when none is published", async () => {
    await scene.make();
    await expect(read()).rejects.toMatchObject({ code: "not-found" });
    await scene.over(scene, "tenant-b").publish((await scene.over(scene, "tenant-b").make()).id);
    await expect(read()).rejects.toMatchObject({ code: "not-found" });
  });

  it("shows what was published, not what is being edited, and nothing of who did", async () => {
    const { id } = await published({ privacy_policy_url: "https://club.example/privacy" });
    await scene.patch(id, { privacy_policy_url: null });
    const shown = await read();
    expect(shown).toMatchObject({
      config_id: id,
      version: 1,
      language: "en",
      privacy_policy_url: "https://club.example/privacy",
      cookie_policy_url: null,
      consent_expiry_days: 180,
      banner: { position: "bottom" },
      banner_needed: true,
    });
    for (const internal of ["tenant_id", "pk", "published_by", "display_name", "geo_countries"]) {
      expect(shown).not.toHaveProperty(internal);
    }
  });

  it("offers the enabled categories only, in their order", async () => {
    await published({ categories: { functional: { enabled: false }, analytics: { cookie_names: ["_ga"] } } });
    const { categories } = await read();
    expect(Object.keys(categories)).toEqual(["necessary", "analytics", "marketing"]);
    expect(categories["analytics"]).toEqual({
      required: false,
      default_accepted: false,
      display_name: "Analytics",
      description: expect.any(String),
      cookie_names: ["_ga"],
    });
    expect(categories["necessary"]).toMatchObject({ required: true, default_accepted: true });
  });

  it("takes each text from the closest language that has it", async () => {
    await published({
      categories: { analytics: { display_name: "Statistics", description: "We count." } },
      texts: {
        en: { title: "Cookies", save: "Save", categories: { analytics: { description: "We count visits." } } },
        sv: { title: "Kakor", save: "Spara", categories: { analytics: { display_name: "Statistik" } } },
        "sv-FI": { title: "Kex", categories: { marketing: { display_name: "Reklam" } } },
      },
    });
    const finnish = await read(["sv-FI"]);
    expect(finnish.language).toBe("sv-FI");
    expect(finnish.texts).toMatchObject({ title: "Kex", save: "Spara", accept_all: "Accept all" });
    expect(finnish.categories["analytics"]).toMatchObject({ display_name: "Statistik", description: "We count visits." });
    expect(finnish.categories["marketing"]).toMatchObject({ display_name: "Reklam" });
    const swedish = await read(["sv-SE", "en"]);
    expect([swedish.language, swedish.texts.title, swedish.categories["marketing"]!.display_name]).toEqual(["sv", "Kakor", "Marketing"]);
    const german = await read(["de"]);
    expect([german.language, german.texts.title, german.categories["analytics"]!.display_name]).toEqual(["en", "Cookies", "Statistics"]);
    expect(german.languages.sort()).toEqual(["en", "sv", "sv-FI"]);
  });

  it.each<[string | undefined, boolean]>([
    ["US", false],
    ["JP", false],
    ["SE", true],
    ["GB", true],
    ["CH", true],
    ["NO", true],
    [undefined, true],
    ["", true],
    ["XX", true],
    ["T1", true],
    ["us", true],
    ["USA", true],
    ["US, SE", true],
    ["constructor", true],
  ])("with geo targeting, for a visitor from %j needs a banner: %s", async (country, isNeeded) => {
    await published({ geo_targeting_enabled: true });
    expect((await read([], country)).banner_needed).toBe(isNeeded);
  });

  it("asks everybody without geo targeting, and those of the listed countries with it", async () => {
    const { id } = await published();
    expect((await read([], "US")).banner_needed).toBe(true);
    await scene.patch(id, { geo_targeting_enabled: true, geo_countries: ["US"] });
    await scene.publish(id);
    expect([(await read([], "US")).banner_needed, (await read([], "SE")).banner_needed, (await read()).banner_needed]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
