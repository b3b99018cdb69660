import { SqlError } from "./sql-error.ts";
import { readTokens, type Token } from "./sql-lexer.ts";

/** Goes through the tokens of a query, one by one. */
export class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = readTokens(text);
  }

  get token(): Token {
    return this.#tokens[this.#at]!;
  }

  get next(): Token {
    return this.#tokens[this.#at + 1] ?? this.token;
  }

  /** The present token, after which the reader goes on. */
  take(): Token {
    const { token } = this;
    this.#at += 1;
    return token;
  }

  /** Whether the present token is this keyword or operator. */
  sees(value: string): boolean {
    return isWord(this.token, value);
  }

  /** Whether the token after the present one is this keyword or operator. */
  seesNext(value: string): boolean {
    return isWord(this.next, value);
  }

  /** Goes past this keyword or operator, if it is there. */
  skip(value: string): boolean {
    if (!this.sees(value)) return false;
    this.#at += 1;
    return true;
  }

  need(value: string): void {
    if (!this.skip(value)) this.fail();
  }

  fail(): never {
    throw new SqlError(`Syntax error, incorrect syntax near '${this.token.raw}' at ${this.token.start}.`);
  }

  /** The present token if it is of such a type, after which the reader goes on. */
  takeOf<T extends Token["type"]>(...types: readonly T[]): Token & { readonly type: T } {
    const { token } = this;
    const isWanted = (candidate: Token): candidate is Token & { readonly type: T } => types.some((type) => type === candidate.type);
    if (!isWanted(token)) return this.fail();
    this.#at += 1;
    return token;
  }

  identifier(): string {
    return this.takeOf("identifier").value;
  }

  /** The name of a property or an alias: also keywords and quoted names will do. */
  name(): string {
    const token = this.takeOf("string", "identifier", "keyword");
    return token.type === "string" ? token.value : token.raw;
  }

  /** What `parse` gives, and the text it has read. */
  textOf<T>(parse: () => T): { readonly result: T; readonly text: string } {
    const { start } = this.token;
    const result = parse();
    return { result, text: this.#text.slice(start, this.#tokens[this.#at - 1]?.end ?? start) };
  }

  /** One or more, with commas between. */
  list<T>(parse: () => T): T[] {
    const items = [parse()];
    while (this.skip(",")) items.push(parse());
    return items;
  }

  /** None or more, with commas between, up to `close`, which is read too. */
  listUntil<T>(close: string, parse: () => T): T[] {
    const items = this.sees(close) ? [] : this.list(parse);
    this.need(close);
    return items;
  }
}

const isWord = ({ type, value }: Token, wanted: string) => value === wanted && (type === "keyword" || type === "operator");
