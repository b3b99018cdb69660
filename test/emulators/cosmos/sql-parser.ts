import type { Count, Expression, Query, Select, SelectItem, Source, Term } from "./sql-ast.ts";
import { ExpressionParser } from "./sql-expression-parser.ts";

/** The meaning of a query text. Throws `SqlError` where the syntax is wrong. */
export const parseQuery = (text: string): Query => new QueryParser(text).parse();

class QueryParser extends ExpressionParser {
  parse(): Query {
    const query = this.query();
    return this.reader.token.type === "end" ? query : this.reader.fail();
  }

  protected override query(): Query {
    const outer = this.aggregates;
    this.aggregates = [];
    const { reader } = this;
    reader.need("SELECT");
    // The properties are read in the order of their clauses.
    const query: Query = {
      distinct: reader.skip("DISTINCT"),
      top: reader.skip("TOP") ? this.#count() : undefined,
      select: this.#select(),
      ...this.#from(),
      where: reader.skip("WHERE") ? this.#term() : undefined,
      groupBy: this.#skipBy("GROUP") ? reader.list(() => this.#term()) : undefined,
      orderBy: this.#skipBy("ORDER") ? reader.list(() => ({ ...this.#term(), descending: this.#descending() })) : undefined,
      window: reader.skip("OFFSET") ? this.#window() : undefined,
      aggregates: this.aggregates,
    };
    this.aggregates = outer;
    return query;
  }

  #skipBy(word: "GROUP" | "ORDER"): boolean {
    if (!this.reader.skip(word)) return false;
    this.reader.need("BY");
    return true;
  }

  #term(): Term {
    const { result: expression, text } = this.reader.textOf(() => this.expression());
    return { expression, text };
  }

  #count(): Count {
    const token = this.reader.takeOf("number", "parameter");
    return token.type === "number" ? { kind: "literal", value: token.value } : { kind: "parameter", name: token.value };
  }

  #window(): { offset: Count; limit: Count } {
    const offset = this.#count();
    this.reader.need("LIMIT");
    return { offset, limit: this.#count() };
  }

  #descending(): boolean {
    const descending = this.reader.skip("DESC");
    if (!descending) this.reader.skip("ASC");
    return descending;
  }

  #select(): Select {
    if (this.reader.skip("VALUE")) return { kind: "value", ...this.#term() };
    if (this.reader.skip("*")) return { kind: "all" };
    let unnamed = 0;
    const items = this.reader.list((): SelectItem => {
      const term = this.#term();
      return { ...term, alias: this.#alias() ?? lastName(term.expression) ?? `$${++unnamed}` };
    });
    return { kind: "list", items };
  }

  /** With or without AS. */
  #alias(): string | undefined {
    if (this.reader.skip("AS")) return this.reader.name();
    return this.reader.token.type === "identifier" ? this.reader.identifier() : undefined;
  }

  #from(): { sources: Source[]; fromText: string | undefined } {
    if (!this.reader.skip("FROM")) return { sources: [], fromText: undefined };
    const { result: sources, text: fromText } = this.reader.textOf(() => {
      const found = [this.#source()];
      while (this.reader.skip("JOIN") || this.reader.skip(",")) found.push(this.#source());
      return found;
    });
    return { sources, fromText };
  }

  #source(): Source {
    const { reader } = this;
    if (reader.token.type === "identifier" && reader.seesNext("IN")) {
      const alias = reader.identifier();
      reader.need("IN");
      return { alias, iterate: true, from: this.#collection() };
    }
    const from = this.#collection();
    return { alias: this.#alias() ?? ("root" in from ? String(from.path.at(-1) ?? from.root) : ""), iterate: false, from };
  }

  #collection(): Source["from"] {
    const { reader } = this;
    if (reader.skip("(")) {
      const query = this.query();
      reader.need(")");
      return { query };
    }
    const root = reader.identifier();
    const path: (string | number)[] = [];
    for (;;) {
      if (reader.skip(".")) path.push(reader.name());
      else if (reader.skip("[")) {
        path.push(reader.takeOf("string", "number").value);
        reader.need("]");
      } else return { root, path };
    }
  }
}

/** The name that a selected item has when it is given none. */
function lastName(expression: Expression): string | undefined {
  if (expression.kind === "variable") return expression.name;
  const key = expression.kind === "property" && expression.key.kind === "literal" ? expression.key.value : undefined;
  return typeof key === "string" ? key : undefined;
}
