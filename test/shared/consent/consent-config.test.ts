import { describe, expect, it } from "vitest";
import { type ConsentContent, consentContent } from "../../../shared/consent/consent-config.ts";
import { consentWarnings } from "../../../shared/consent/consent-warnings.ts";

const swedish = { title: "Kakor", body: "Vi ber om lov.", accept_all: "Ja", reject_all: "Nej", preferences: "Välj", save: "Spara" };
const make = (more: object = {}) => consentContent({ display_name: "x", ...more });

describe("the content of a consent config", () => {
  it("is usable with nothing but a name: all categories, none ticked beforehand, English texts, half a year", () => {
    const content = make();
    expect(content).toMatchObject({
      display_name: "x",
      default_language: "en",
      consent_expiry_days: 180,
      geo_targeting_enabled: false,
      respect_do_not_track: true,
      do_not_track_scope: "all",
      privacy_policy_url: null,
      cookie_policy_url: null,
      banner: { position: "bottom", style: "bar", show_reject_all: true, show_preferences: true },
    });
    expect(
      Object.entries(content.categories).map(([name, { enabled, required, default_accepted }]) => [
        name,
        enabled,
        required,
        default_accepted,
      ]),
    ).toEqual([
      ["necessary", true, true, true],
      ["functional", true, false, false],
      ["analytics", true, false, false],
      ["marketing", true, false, false],
    ]);
    expect(Object.keys(content.texts)).toEqual(["en"]);
    expect(Object.values(content.texts["en"]!).every((text) => typeof text === "string" && text.length > 0)).toBe(true);
    expect(Object.keys(content.texts["en"]!).sort()).toEqual(Object.keys(swedish).sort());
    expect(consentWarnings(content)).toEqual([]);
  });

  it("is the same when what was made of it is sent again", () => {
    const content = make({
      texts: { sv: swedish, "pt-BR": { title: "Biscoitos", categories: { analytics: { display_name: "Análise" } } } },
    });
    expect(consentContent(content)).toEqual(content);
  });

  it.each<[string, object, string]>([
    ["no name", { display_name: undefined }, "/display_name"],
    ["a blank name", { display_name: "  " }, "/display_name"],
    ["a status of its own", { status: "active" }, "/status"],
    ["a version of its own", { version: 7 }, "/version"],
    ["a tenant of its own", { tenant_id: "tenant-b" }, "/tenant_id"],
    ["necessary disabled", { categories: { necessary: { enabled: false } } }, "/categories/necessary/enabled"],
    ["necessary optional", { categories: { necessary: { required: false } } }, "/categories/necessary/required"],
    ["necessary not accepted", { categories: { necessary: { default_accepted: false } } }, "/categories/necessary/default_accepted"],
    ["a pre-ticked box", { categories: { analytics: { default_accepted: true } } }, "/categories/analytics/default_accepted"],
    [
      "a pre-ticked box of a disabled category",
      { categories: { marketing: { enabled: false, default_accepted: true } } },
      "/categories/marketing/default_accepted",
    ],
    ["a category that can't be refused", { categories: { functional: { required: true } } }, "/categories/functional/required"],
    ["a category that nobody knows", { categories: { social: {} } }, "/categories/social"],
    ["a category without a name", { categories: { analytics: { display_name: "" } } }, "/categories/analytics/display_name"],
    ["what is no cookie's name", { categories: { analytics: { cookie_names: ["_ga", "a b"] } } }, "/categories/analytics/cookie_names/1"],
    ["no way to refuse", { banner: { show_reject_all: false, show_preferences: false } }, "/banner/show_reject_all"],
    ["a place that is none", { banner: { position: "left" } }, "/banner/position"],
    ["a style that is none", { banner: { style: "popup" } }, "/banner/style"],
    ["a colour by name", { banner: { primary_color: "red" } }, "/banner/primary_color"],
    ["a short colour", { banner: { text_color: "#fff" } }, "/banner/text_color"],
    ["a colour with more to it", { banner: { background_color: "#ffffff;x:url(//y)" } }, "/banner/background_color"],
    ["consent for no day", { consent_expiry_days: 0 }, "/consent_expiry_days"],
    ["consent for too long", { consent_expiry_days: 731 }, "/consent_expiry_days"],
    ["consent for part of a day", { consent_expiry_days: 1.5 }, "/consent_expiry_days"],
    ["a policy without encryption", { privacy_policy_url: "http://club.example/privacy" }, "/privacy_policy_url"],
    ["a policy that is a script", { cookie_policy_url: "javascript:alert(1)" }, "/cookie_policy_url"],
    ["a scope that is none", { do_not_track_scope: "some" }, "/do_not_track_scope"],
    ["a country that is none", { geo_countries: ["SE", "XX"] }, "/geo_countries/1"],
    ["a language that is none", { texts: { swedish_: swedish } }, "/texts/swedish_"],
    ["a language in another form", { texts: { "sv-fi": swedish } }, "/texts/sv-fi"],
    ["a text that nobody knows", { texts: { sv: { colour: "red" } } }, "/texts/sv/colour"],
    ["a text that is too long", { texts: { sv: { body: "é".repeat(2_001) } } }, "/texts/sv/body"],
    ["a translation of no category", { texts: { sv: { categories: { social: {} } } } }, "/texts/sv/categories/social"],
    ["a default language without texts", { default_language: "sv" }, "/texts/sv/title"],
    ["a default language with some texts", { default_language: "sv", texts: { sv: { ...swedish, save: undefined } } }, "/texts/sv/save"],
    ["a default language that is none", { default_language: "constructor" }, "/default_language"],
  ])("refuses %s, naming the field", (_, more, pointer) => {
    expect(() => make(more)).toThrow(expect.objectContaining({ code: "body-invalid", extensions: expect.objectContaining({ pointer }) }));
  });

  it("takes what is at the limits", () => {
    expect(make({ consent_expiry_days: 1 }).consent_expiry_days).toBe(1);
    expect(make({ consent_expiry_days: 730 }).consent_expiry_days).toBe(730);
    for (const banner of [{ show_reject_all: false }, { show_preferences: false }]) {
      expect(make({ banner }).banner).toMatchObject(banner);
    }
    const url = "https://club.example/privacy?page=1#cookies";
    expect(make({ privacy_policy_url: url, cookie_policy_url: null }).privacy_policy_url).toBe(url);
    expect(make({ categories: { analytics: { enabled: false, cookie_names: ["_ga", "_ga_*"] } } }).categories.analytics).toMatchObject({
      enabled: false,
      cookie_names: ["_ga", "_ga_*"],
    });
  });

  it("refuses more than 64 KB in all, and more than 50 languages", () => {
    const languages = (count: number) => [..."abcdefgh"].flatMap((a) => [..."abcdefgh"].map((b) => `q${a}${b}`)).slice(0, count);
    const texts = (count: number, body: string) => Object.fromEntries(languages(count).map((tag) => [tag, { body }]));
    expect(Object.keys(make({ texts: texts(49, "x") }).texts)).toHaveLength(50);
    expect(() => make({ texts: texts(51, "x") })).toThrow(
      expect.objectContaining({ extensions: expect.objectContaining({ pointer: "/texts" }) }),
    );
    expect(() => make({ texts: texts(33, "é".repeat(1_000)) })).toThrow(expect.objectContaining({ code: "body-invalid" }));
  });

  it("fills up the English texts of an English default language, and of no other", () => {
    const british = make({ default_language: "en-GB", texts: { "en-GB": { title: "Biscuits" }, en: { title: "Cookies" } } });
    expect(british.texts["en-GB"]).toMatchObject({ title: "Biscuits", save: expect.any(String) });
    expect(british.texts["en"]).toEqual({ title: "Cookies" });
    const swedishFirst = make({ default_language: "sv", texts: { sv: swedish } });
    expect(swedishFirst.texts).toEqual({ sv: swedish });
  });
});

describe("the warnings about a consent config", () => {
  const pointers = (content: ConsentContent) => consentWarnings(content).map(({ pointer }) => pointer);

  it.each<[object, string[]]>([
    [{ text_color: "#767676", background_color: "#ffffff", primary_color: "#ffffff" }, []],
    [{ text_color: "#777777", background_color: "#ffffff", primary_color: "#ffffff" }, ["/banner/text_color", "/banner/primary_color"]],
    [{ text_color: "#000000", background_color: "#ffffff", primary_color: "#000000" }, ["/banner/primary_color"]],
    [{ text_color: "#ffffff", background_color: "#ffff00", primary_color: "#000000" }, ["/banner/text_color"]],
  ])("name colours that are hard to read: %j", (banner, fields) => {
    expect(pointers(make({ banner }))).toEqual(fields);
  });

  it("say how much contrast there is and is asked for, never rounding up", () => {
    const [warning] = consentWarnings(make({ banner: { text_color: "#777777" } }));
    expect(warning!.detail).toContain("4.47:1");
    expect(warning!.detail).toContain("4.5:1");
  });

  it("name our English words in a banner of another language, until they are translated", () => {
    const first = { default_language: "sv", texts: { sv: swedish } };
    const described = (name: string) => `/categories/${name}/description`;
    expect(pointers(make(first))).toEqual(["necessary", "functional", "analytics", "marketing"].map(described));
    const categories = { necessary: { description: "Behövs." }, functional: { enabled: false }, analytics: { description: "Mäter." } };
    expect(pointers(make({ ...first, categories }))).toEqual([described("marketing")]);
    const sv = { ...swedish, categories: { marketing: { description: "Säljer." } } };
    expect(pointers(make({ ...first, categories, texts: { sv } }))).toEqual([]);
  });
});
