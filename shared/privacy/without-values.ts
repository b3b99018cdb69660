/** From so many characters on, a value that stands in a text is no accident; a shorter one has to be a word of its own. */
export const charsNoAccident = 8;
/** Whoever quotes a long value may cut it: that it begins so is enough. */
const charsBegun = 12;

/**
 * The text without the values, in whatever case, with spaces or the plus signs of forms, and without the beginnings of long ones.
 * @param markOf what stands in a value's place
 */
export function withoutValues(text: string, values: readonly string[], markOf: (value: string) => string): string {
  const folded = fold(text);
  const places = values.flatMap((value) => placesOf(folded, fold(value).trim()).map((place) => ({ ...place, value })));
  let rest = "";
  let end = 0;
  for (const { from, to, value } of places.sort((one, other) => one.from - other.from)) {
    rest += from < end ? "" : text.slice(end, from) + markOf(value);
    end = Math.max(end, to);
  }
  return rest + text.slice(end);
}

/** As many characters as before, so that places in the one are places in the other. */
const fold = (text: string): string =>
  text.replace(/[+\p{Lu}]/gu, (character) => {
    const folded = character === "+" ? " " : character.toLowerCase();
    return folded.length === character.length ? folded : character;
  });

function placesOf(text: string, value: string): { from: number; to: number }[] {
  const places: { from: number; to: number }[] = [];
  const beginning = value.slice(0, charsBegun);
  let from = beginning === "" ? -1 : text.indexOf(beginning);
  while (from !== -1) {
    let to = from + beginning.length;
    while (to - from < value.length && text[to] === value[to - from]) {
      to++;
    }
    const isFound = value.length >= charsNoAccident || (isBetweenWords(text, from) && isBetweenWords(text, to));
    if (isFound) {
      places.push({ from, to });
    }
    from = text.indexOf(beginning, isFound ? to : from + 1);
  }
  return places;
}

const inWord = /[\p{L}\p{N}]/u;

const isBetweenWords = (text: string, at: number): boolean => !inWord.test(text[at - 1] ?? "") || !inWord.test(text[at] ?? "");
