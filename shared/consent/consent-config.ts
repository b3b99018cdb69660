import { z } from "zod";
import type { Document } from "../ports/document-store.ts";
import { invalid, validate } from "../problems/validate.ts";
import { type CategoryName, type CategorySettings, categoriesSchema } from "./categories.ts";
import { languageTag, type Texts, textsSchema, wholeTexts } from "./consent-texts.ts";
import { isCountry, regulatedCountries } from "./countries.ts";

/** A config and everything copied from it stays below this; the gate reads a copy for every batch of events. */
export const contentBytesMax = 65_536;

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, "a colour as #rrggbb");
const policyUrl = z
  .url({ protocol: /^https$/, hostname: z.regexes.domain, error: "an https URL" })
  .max(2000)
  .nullable()
  .default(null);

const banner = z
  .strictObject({
    position: z.enum(["bottom", "top", "center", "bottom_left", "bottom_right"]).default("bottom"),
    style: z.enum(["bar", "box", "modal"]).default("bar"),
    primary_color: colour.default("#3b82f6").describe("Of the buttons."),
    background_color: colour.default("#ffffff"),
    text_color: colour.default("#111827").describe("Of all text, that on the buttons too."),
    show_reject_all: z.boolean().default(true),
    show_preferences: z.boolean().default(true),
  })
  .superRefine(({ show_reject_all, show_preferences }, context) => {
    if (!show_reject_all && !show_preferences) {
      const message = "a banner that offers acceptance needs a way to refuse: show this or the preferences";
      context.addIssue({ code: "custom", path: ["show_reject_all"], message });
    }
  })
  .prefault({});

/** What a tenant says of its consent banner (spec 4.1). */
const contentSchema = z.strictObject({
  display_name: z.string().trim().min(1).max(200),
  banner,
  categories: categoriesSchema,
  default_language: languageTag.default("en"),
  texts: textsSchema.default({}),
  privacy_policy_url: policyUrl,
  cookie_policy_url: policyUrl,
  consent_expiry_days: z.int().min(1).max(730).default(180),
  geo_targeting_enabled: z.boolean().default(false),
  geo_countries: z
    .array(z.string().refine(isCountry, "a country as in ISO 3166-1, such as SE"))
    .max(300)
    .default([...regulatedCountries])
    .describe("With geo targeting: where a banner is needed."),
  respect_do_not_track: z.boolean().default(true),
  do_not_track_scope: z.enum(["all", "consent_gated"]).default("all"),
});
export interface ConsentContent extends Omit<z.infer<typeof contentSchema>, "texts" | "categories"> {
  readonly categories: Readonly<Record<CategoryName, CategorySettings>>;
  readonly texts: Texts;
}

/** What a tenant sent as the content to store, with every default in it. Throws `body-invalid`. */
export function consentContent(body: unknown): ConsentContent {
  const parsed = validate(contentSchema, body, "body-invalid");
  const content = { ...parsed, texts: wholeTexts(parsed.texts, parsed.default_language) };
  if (Buffer.byteLength(JSON.stringify(content)) > contentBytesMax) {
    throw invalid("body-invalid", [{ pointer: "", detail: `at most ${contentBytesMax} bytes in all` }]);
  }
  return content;
}

/** `draft → active → archived`: archived when deleted, or when another config is published. It is final. */
export const consentStatuses = ["draft", "active", "archived"] as const;
export type ConsentStatus = (typeof consentStatuses)[number];

/** A config as its tenant edits it. */
export interface ConsentConfig extends Document {
  readonly type: "config";
  readonly tenant_id: string;
  readonly status: ConsentStatus;
  /** The newest published version of this config, 0 before the first. */
  readonly version: number;
  /** Whether `content` is something else than that version. */
  readonly has_unpublished_changes: boolean;
  readonly content: ConsentContent;
  readonly created_at: string;
  readonly updated_at: string;
}

/** `since_version`: a consent given to an earlier version of this config counts as missing for the category (spec 4.8). */
export interface PublishedCategory extends CategorySettings {
  readonly since_version: number;
}

/** A config as it was published. */
export interface PublishedConsentConfig extends Omit<ConsentContent, "categories">, Document {
  readonly tenant_id: string;
  readonly config_id: string;
  /** From 1, per config. */
  readonly version: number;
  readonly categories: Readonly<Record<CategoryName, PublishedCategory>>;
  readonly published_at: string;
  /** `key:<id>` */
  readonly published_by: string;
}

/** The id of a tenant's active config: what the gate reads by. */
export const activeConsentId = "active";

/** What visitors saw from its publication to the next; never changed. */
export interface ConsentConfigVersion extends PublishedConsentConfig {
  readonly type: "version";
}

/** The newest version of the config that the tenant's visitors are asked by now. A consent given to another config counts as missing. */
export interface ActiveConsentConfig extends PublishedConsentConfig {
  readonly id: typeof activeConsentId;
  readonly type: "active";
}

/** The id of the document of a version. */
export const versionId = (configId: string, version: number): string => `${configId}:${version}`;
