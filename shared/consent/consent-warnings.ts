import type { FieldError } from "../problems/validate.ts";
import { categoryNames, englishCategories } from "./categories.ts";
import type { ConsentContent } from "./consent-config.ts";
import { categoryTexts, isEnglish } from "./consent-texts.ts";
import { contrastMin, contrastRatio } from "./contrast.ts";

/** What is allowed but probably not meant: text that is hard to read, and our English words in a banner of another language. */
export function consentWarnings(content: ConsentContent): FieldError[] {
  return [...contrastWarnings(content), ...languageWarnings(content)];
}

function contrastWarnings({ banner }: ConsentContent): FieldError[] {
  const pairs = [
    ["text_color", "the text on the background", banner.background_color],
    ["primary_color", "the text on the primary colour", banner.primary_color],
  ] as const;
  return pairs.flatMap(([field, what, behind]) => {
    const ratio = contrastRatio(banner.text_color, behind);
    // Rounded down: 4.49 is not 4.5.
    const shown = (Math.floor(ratio * 100) / 100).toFixed(2);
    const detail = `${what} has a contrast of ${shown}:1; WCAG 2.2 AA asks for ${contrastMin}:1`;
    return ratio < contrastMin ? [{ pointer: `/banner/${field}`, detail }] : [];
  });
}

function languageWarnings({ categories, texts, default_language }: ConsentContent): FieldError[] {
  if (isEnglish(default_language)) {
    return [];
  }
  return categoryNames
    .filter((name) => categories[name].enabled)
    .filter((name) => {
      const shown = categoryTexts(texts, [default_language], name).description ?? categories[name].description;
      return shown === englishCategories[name].description;
    })
    .map((name) => ({ pointer: `/categories/${name}/description`, detail: `still the English default, not ${default_language}` }));
}
