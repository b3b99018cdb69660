/**
 * The languages to take texts from, best first: the offered one that fits (the lookup of RFC 4647, section 3.4), the broader ones that
 * it belongs to, and the default one.
 * @param wanted language ranges, the most wanted first
 */
export function resolveLanguages(wanted: readonly string[], offered: readonly string[], defaultLanguage: string): readonly string[] {
  const byRange = new Map(offered.map((tag) => [tag.toLowerCase(), tag]));
  const candidates = wanted.flatMap(broader);
  const best = candidates.map((range) => byRange.get(range)).find((tag) => tag !== undefined) ?? defaultLanguage;
  const wider = broader(best).flatMap((range) => byRange.get(range) ?? []);
  return [...new Set([...wider, defaultLanguage])];
}

/** `zh-Hant-x-a` → `zh-hant-x-a`, `zh-hant`, `zh`: a single letter never ends a tag. */
function broader(range: string): string[] {
  const parts = range.toLowerCase().split("-");
  return parts.flatMap((_, at) => {
    const shorter = parts.slice(0, parts.length - at);
    return at > 0 && shorter.at(-1)!.length === 1 ? [] : [shorter.join("-")];
  });
}
