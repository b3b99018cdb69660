/** The languages of an `Accept-Language` header, the most wanted first (RFC 9110, section 12.5.4); what can't be read is left out. */
export function acceptedLanguages(header: string | undefined): string[] {
  const ranges = (header ?? "").split(",").flatMap((entry) => {
    const [, range, quality = "1"] =
      /^\s*([A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i.exec(entry) ?? [];
    return range === undefined || Number(quality) === 0 ? [] : [{ range, quality: Number(quality) }];
  });
  return ranges.sort((a, b) => b.quality - a.quality).map(({ range }) => range);
}
