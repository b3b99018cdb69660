import { z } from "zod";
import { invalid, pointerTo } from "../problems/validate.ts";
import { type CategoryName, categoryWording } from "./categories.ts";

const languagesMax = 50;

/** The banner's own words. */
export const textFields = ["title", "body", "accept_all", "reject_all", "preferences", "save"] as const;
export type BannerTexts = Readonly<Record<(typeof textFields)[number], string>>;

const english: BannerTexts = {
  title: "Your privacy, your choice",
  body: "This site uses what it needs to work. With your consent it also uses cookies and similar techniques for the purposes below. You can change your choice at any time.",
  accept_all: "Accept all",
  reject_all: "Reject all",
  preferences: "Choose",
  save: "Save my choice",
};

const label = z.string().trim().min(1).max(100).optional();
const wording = z.strictObject(categoryWording).partial().optional();

/** What of the texts one language says; what it leaves out comes from a broader language or the default one. */
const languageTexts = z.strictObject({
  title: z.string().trim().min(1).max(200).optional(),
  body: z.string().trim().min(1).max(2000).optional(),
  accept_all: label,
  reject_all: label,
  preferences: label,
  save: label,
  categories: z
    .strictObject({ necessary: wording, functional: wording, analytics: wording, marketing: wording } satisfies Record<
      CategoryName,
      unknown
    >)
    .optional(),
});
export type LanguageTexts = z.infer<typeof languageTexts>;

const usualForm = "a language tag in its usual form, such as sv or pt-BR (BCP 47)";

/** Tags in their canonical form only, so that one language can't stand twice. */
function isLanguageTag(tag: string): boolean {
  try {
    return tag.length <= 35 && Intl.getCanonicalLocales(tag)[0] === tag;
  } catch {
    return false;
  }
}

export const languageTag = z.string().refine(isLanguageTag, usualForm);

/** Texts by language. */
export const textsSchema = z.record(z.string(), languageTexts).superRefine((texts, context) => {
  const languages = Object.keys(texts);
  for (const language of languages.filter((tag) => !isLanguageTag(tag))) {
    context.addIssue({ code: "custom", path: [language], message: usualForm });
  }
  if (languages.length > languagesMax) {
    context.addIssue({ code: "custom", path: [], message: `at most ${languagesMax} languages` });
  }
});
export type Texts = Readonly<Record<string, LanguageTexts>>;

/** Whether a language tag is one of English, of wherever. */
export const isEnglish = (language: string): boolean => language === "en" || language.startsWith("en-");

/**
 * The texts with those of the default language whole: English ones are filled up with ours, those of another language must all be
 * there. Throws `body-invalid` that names every one missing.
 */
export function wholeTexts(texts: Texts, defaultLanguage: string): Texts {
  const own = Object.hasOwn(texts, defaultLanguage) ? texts[defaultLanguage] : undefined;
  if (isEnglish(defaultLanguage)) {
    const filled = Object.fromEntries(textFields.map((field) => [field, own?.[field] ?? english[field]]));
    return { ...texts, [defaultLanguage]: { ...own, ...filled } };
  }
  const missing = textFields.filter((field) => own?.[field] === undefined);
  if (missing.length > 0) {
    const at = `/texts${pointerTo(defaultLanguage)}`;
    throw invalid(
      "body-invalid",
      missing.map((field) => ({ pointer: `${at}/${field}`, detail: "the default language needs all texts" })),
    );
  }
  return texts;
}

/** The words of a category in the first of these languages that has them. */
export function categoryTexts(texts: Texts, languages: readonly string[], category: CategoryName) {
  const said = languages.map((language) => texts[language]?.categories?.[category]);
  return {
    display_name: said.find((words) => words?.display_name !== undefined)?.display_name,
    description: said.find((words) => words?.description !== undefined)?.description,
  };
}

/** The banner's words in the first of these languages that has each; the last is one whose texts are whole. */
export function bannerTexts(texts: Texts, languages: readonly string[]): BannerTexts {
  const find = (field: (typeof textFields)[number]) =>
    languages.map((language) => texts[language]?.[field]).find(Boolean) ?? english[field];
  return Object.fromEntries(textFields.map((field) => [field, find(field)])) as BannerTexts;
}
