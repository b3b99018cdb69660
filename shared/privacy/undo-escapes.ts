/** Characters that HTML has names for, as far as they are escaped in practice. */
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** A text as it was before it was put into a URL, JSON or HTML, or into one within another. What is no escape stays. */
export function undoEscapes(text: string): string {
  let before: string;
  let plain = text;
  let rounds = 0;
  do {
    before = plain;
    plain = fromUrl(fromHtml(fromJson(before)));
  } while (plain !== before && ++rounds < 3);
  return plain;
}

const fromJson = (text: string): string =>
  text.replace(/\\(?:u([0-9a-f]{4})|(["\\/]))/gi, (_, unit: string | undefined, character: string) =>
    unit === undefined ? character : String.fromCharCode(Number.parseInt(unit, 16)),
  );

const fromHtml = (text: string): string =>
  text.replace(/&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|(amp|lt|gt|quot|apos));/gi, (_, decimal?: string, hex?: string, name = "") =>
    decimal === undefined && hex === undefined
      ? entities[name.toLowerCase()]!
      : String.fromCodePoint(decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)),
  );

const fromUrl = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
