import { z } from "zod";
import { consentCategories } from "../configs/config.ts";

/** Every purpose that a banner can ask for; `necessary` is never asked. */
export const categoryNames = ["necessary", ...consentCategories] as const;
export type CategoryName = (typeof categoryNames)[number];

/** A purpose as a tenant describes it; `display_name` and `description` are in the config's default language. */
export interface CategorySettings {
  readonly enabled: boolean;
  readonly required: boolean;
  readonly default_accepted: boolean;
  readonly display_name: string;
  readonly description: string;
  readonly cookie_names: readonly string[];
}

/** What a category is called where nobody said otherwise. */
export const englishCategories: Readonly<Record<CategoryName, { readonly display_name: string; readonly description: string }>> = {
  necessary: { display_name: "Necessary", description: "Needed for the site to work. They can't be switched off." },
  functional: { display_name: "Functional", description: "Remember your settings and offer extras such as embedded videos." },
  analytics: { display_name: "Analytics", description: "Tell us how the site is used, so that we can improve it." },
  marketing: { display_name: "Marketing", description: "Measure and choose the advertising that you are shown." },
};

/** A category's name and description, in whatever language. */
export const categoryWording = {
  display_name: z.string().trim().min(1).max(100),
  description: z.string().trim().min(1).max(1000),
};

/** The names that RFC 6265 (section 4.1.1) allows; `*` stands for anything, as in `_ga_*`. */
const cookieName = z
  .string()
  .max(128)
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "a cookie's name, such as _ga or _ga_*");

const described = (name: CategoryName) => ({
  display_name: categoryWording.display_name.default(englishCategories[name].display_name),
  description: categoryWording.description.default(englishCategories[name].description),
  cookie_names: z.array(cookieName).max(100).default([]),
});

const necessary = z.strictObject({
  enabled: z.literal(true, "necessary can't be disabled").default(true),
  required: z.literal(true, "necessary is always required").default(true),
  default_accepted: z.literal(true, "necessary is always accepted").default(true),
  ...described("necessary"),
});

const optional = (name: CategoryName) =>
  z
    .strictObject({
      enabled: z.boolean().default(true),
      required: z.literal(false, "only necessary may be required: what can't be refused is not consent").default(false),
      // Planet49 (CJEU C-673/17): a box ticked beforehand is no consent.
      default_accepted: z.literal(false, "only necessary may be accepted beforehand: a pre-ticked box is not consent").default(false),
      ...described(name),
    })
    .prefault({});

/** All four categories; those left out have their defaults. */
export const categoriesSchema = z
  .strictObject({
    necessary: necessary.prefault({}),
    functional: optional("functional"),
    analytics: optional("analytics"),
    marketing: optional("marketing"),
  })
  .prefault({});
