import type { ProviderDefinition } from "./definition.ts";
import ga4 from "./ga4/index.ts";
import matomo from "./matomo/index.ts";
import otlp from "./otlp/index.ts";
import plausible from "./plausible/index.ts";
import posthog from "./posthog/index.ts";
import umami from "./umami/index.ts";

/** Every provider there is; a name stands here and in its folder, nowhere else. */
export const providers: readonly ProviderDefinition[] = [ga4, matomo, otlp, plausible, posthog, umami];

const bySlug = new Map(providers.map((definition) => [definition.slug, definition]));

/** The definition of a provider, if there is one of this name. */
export const findProvider = (slug: string): ProviderDefinition | undefined => bySlug.get(slug);
