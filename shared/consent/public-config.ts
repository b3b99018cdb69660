import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { categoryNames } from "./categories.ts";
import { type ActiveConsentConfig, activeConsentId } from "./consent-config.ts";
import { bannerTexts, categoryTexts } from "./consent-texts.ts";
import { isCountry } from "./countries.ts";
import { resolveLanguages } from "./resolve-language.ts";

/** What of a visitor decides on the banner. */
export interface BannerVisitor {
  /** Language ranges, the most wanted first. */
  readonly languages: readonly string[];
  /** What the edge says of where the visitor is, as it came. */
  readonly country: string | undefined;
}

/** The tenant's published config for one visitor's banner (spec 4.2), or `not-found` when none is published. */
export const readPublicConfig =
  (ports: Pick<Ports, "store">) =>
  async (tenantId: string, visitor: BannerVisitor): Promise<ReturnType<typeof publicConfig>> => {
    const active = await ports.store.get<ActiveConsentConfig>("consent-configs", tenantId, activeConsentId);
    if (active === undefined) {
      throw new Problem("not-found", "no consent config is published");
    }
    return publicConfig(active.document, visitor);
  };

/** What a page's banner needs of a published config: the categories it may ask for, in the visitor's language. */
export function publicConfig(active: ActiveConsentConfig, { languages, country }: BannerVisitor) {
  const { texts, default_language } = active;
  const chain = resolveLanguages(languages, Object.keys(texts), default_language);
  const categories = categoryNames
    .filter((name) => active.categories[name].enabled)
    .map((name) => {
      const { required, default_accepted, cookie_names, display_name, description } = active.categories[name];
      const said = categoryTexts(texts, chain, name);
      const words = { display_name: said.display_name ?? display_name, description: said.description ?? description };
      return [name, { required, default_accepted, ...words, cookie_names }] as const;
    });
  return {
    config_id: active.config_id,
    version: active.version,
    language: chain[0] ?? default_language,
    languages: Object.keys(texts),
    texts: bannerTexts(texts, chain),
    categories: Object.fromEntries(categories),
    banner: active.banner,
    privacy_policy_url: active.privacy_policy_url,
    cookie_policy_url: active.cookie_policy_url,
    consent_expiry_days: active.consent_expiry_days,
    respect_do_not_track: active.respect_do_not_track,
    do_not_track_scope: active.do_not_track_scope,
    geo_targeting_enabled: active.geo_targeting_enabled,
    banner_needed: isBannerNeeded(active, country),
  };
}

/** Not needed only where it is known that no law asks for it; wherever that is not known it is needed. */
function isBannerNeeded({ geo_targeting_enabled, geo_countries }: ActiveConsentConfig, country: string | undefined): boolean {
  return !geo_targeting_enabled || country === undefined || !isCountry(country) || geo_countries.includes(country);
}
