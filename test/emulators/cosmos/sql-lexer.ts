import { SqlError } from "./sql-error.ts";

interface Place {
  /** As written in the query. */
  readonly raw: string;
  readonly start: number;
  readonly end: number;
}

export type Token = Place &
  (
    | { readonly type: "number"; readonly value: number }
    | { readonly type: "keyword" | "identifier" | "parameter" | "string" | "operator" | "end"; readonly value: string }
  );

const keywords = new Set(
  (
    "SELECT DISTINCT TOP VALUE FROM JOIN IN WHERE GROUP ORDER BY ASC DESC OFFSET LIMIT AS AND OR NOT BETWEEN LIKE ESCAPE " +
    "EXISTS ARRAY TRUE FALSE NULL UNDEFINED"
  ).split(" "),
);

/** Spaces and comments match without a group. */
const pattern = new RegExp(
  [
    String.raw`\s+|--[^\n]*|\/\*[\s\S]*?\*\/`,
    String.raw`(?<number>0x[\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)`,
    String.raw`(?<word>[A-Za-z_$][\w$]*)`,
    String.raw`(?<parameter>@[\w$]+)`,
    String.raw`(?<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")`,
    String.raw`(?<operator>>>>|<<|>>|<=|>=|!=|<>|\|\||\?\?|[-+*\/%&|^~<>=?:.,()[\]{}])`,
  ].join("|"),
  "gy",
);

/** The tokens of a query, the last one of type `end`. Throws `SqlError` at what is none. */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) throw new SqlError(`Syntax error near '${text.slice(start, start + 20)}' at ${start}.`);
    const token = toToken(match.groups ?? {}, { raw: match[0], start, end: pattern.lastIndex });
    if (token) tokens.push(token);
  }
  tokens.push({ type: "end", value: "end of query", raw: "end of query", start: text.length, end: text.length });
  return tokens;
}

function toToken({ number, word, parameter, string, operator }: Readonly<Record<string, string>>, place: Place): Token | undefined {
  if (number) return { ...place, type: "number", value: Number(number) };
  if (word) {
    const upper = word.toUpperCase();
    return keywords.has(upper) ? { ...place, type: "keyword", value: upper } : { ...place, type: "identifier", value: word };
  }
  if (parameter) return { ...place, type: "parameter", value: parameter };
  if (string) return { ...place, type: "string", value: unquote(string) };
  return operator ? { ...place, type: "operator", value: operator } : undefined;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

function unquote(quoted: string): string {
  const quote = quoted[0];
  return quoted.slice(1, -1).replace(/\\u([\da-fA-F]{4})|\\(.)|''/g, (all: string, code?: string, escaped?: string) => {
    if (code) return String.fromCharCode(Number.parseInt(code, 16));
    if (escaped) return escapes[escaped] ?? escaped;
    return quote === "'" ? "'" : all;
  });
}
