import { type CategoryName, categoryNames } from "./categories.ts";
import type { ConsentConfigVersion, ConsentContent, PublishedCategory, PublishedConsentConfig } from "./consent-config.ts";

/**
 * The categories as the next version publishes them. Earlier consents stop counting (`since_version` becomes this version) where the
 * category was not offered before, uses a cookie that it did not use before, or is named in `renew`.
 */
export function publishedCategories(
  { categories }: Pick<ConsentContent, "categories">,
  version: number,
  previous: Pick<PublishedConsentConfig, "categories"> | undefined,
  renew: readonly CategoryName[],
): Readonly<Record<CategoryName, PublishedCategory>> {
  const publish = (name: CategoryName): PublishedCategory => {
    const now = categories[name];
    const before = previous?.categories[name];
    const isNew =
      before === undefined ||
      (now.enabled && !before.enabled) ||
      now.cookie_names.some((cookie) => !before.cookie_names.includes(cookie)) ||
      renew.includes(name);
    return { ...now, since_version: isNew ? version : before.since_version };
  };
  return Object.fromEntries(categoryNames.map((name) => [name, publish(name)])) as Record<CategoryName, PublishedCategory>;
}

/** The content that was published as this version. */
export function publishedContent(published: ConsentConfigVersion): ConsentContent {
  const { id: _id, pk: _pk, type: _type, tenant_id: _tenant, config_id: _config, version: _version, ...rest } = published;
  const { published_at: _at, published_by: _by, categories, ...content } = rest;
  const plain = Object.entries(categories).map(([name, { since_version: _since, ...settings }]) => [name, settings] as const);
  return { ...content, categories: Object.fromEntries(plain) as unknown as ConsentContent["categories"] };
}
