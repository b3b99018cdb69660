import { hash } from "node:crypto";
import { canonicalJson } from "../signing/canonical-json.ts";
import { activeConsentId, type PublishedConsentConfig } from "./consent-config.ts";
import { publicConfig } from "./public-config.ts";

/** What a visitor was told: in which language, and a hash of every word of it and of where the policies are. */
export interface ShownTexts {
  readonly language: string;
  /** SHA-256 in hex. */
  readonly hash: string;
}

/** What a banner of this version shows to a visitor who wants this language; without one, in the config's own. */
export function shownTexts(published: PublishedConsentConfig, language: string | undefined): ShownTexts {
  const languages = language === undefined ? [] : [language];
  // As it was shown when this version was the active one.
  const banner = publicConfig({ ...published, id: activeConsentId, type: "active" }, { languages, country: undefined });
  const { texts, categories, privacy_policy_url, cookie_policy_url } = banner;
  const told = { language: banner.language, texts, categories, privacy_policy_url, cookie_policy_url };
  return { language: banner.language, hash: hash("sha256", canonicalJson(told), "hex") };
}
