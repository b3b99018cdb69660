import type { Aggregate, AggregateName, Expression, Query } from "./sql-ast.ts";
import { SqlError } from "./sql-error.ts";
import { isFunction } from "./sql-functions.ts";
import { TokenReader } from "./sql-token-reader.ts";

const aggregateNames = new Set(["COUNT", "SUM", "AVG", "MIN", "MAX"]);
const comparisons = new Set(["=", "!=", "<>", "<", ">", "<=", ">="]);
const precedences: Readonly<Record<string, number>> = {
  "||": 1,
  "|": 2,
  "^": 3,
  "&": 4,
  "<<": 5,
  ">>": 5,
  ">>>": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "%": 7,
};
const constants = [
  ["TRUE", true],
  ["FALSE", false],
  ["NULL", null],
  ["UNDEFINED", undefined],
] as const;

/** Reads expressions, from the loosest operator to the tightest. */
export abstract class ExpressionParser {
  protected readonly reader: TokenReader;
  /** Those found so far in the query being read. */
  protected aggregates: Aggregate[] = [];

  constructor(text: string) {
    this.reader = new TokenReader(text);
  }

  protected abstract query(): Query;

  protected expression(): Expression {
    const condition = this.#coalesce();
    if (!this.reader.skip("?")) return condition;
    const whenTrue = this.expression();
    this.reader.need(":");
    return { kind: "conditional", condition, whenTrue, whenFalse: this.expression() };
  }

  #coalesce(): Expression {
    let left = this.#or();
    while (this.reader.skip("??")) left = { kind: "coalesce", left, right: this.#or() };
    return left;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.reader.skip("OR")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.reader.skip("AND")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    return this.reader.skip("NOT") ? { kind: "not", operand: this.#not() } : this.#comparisons();
  }

  #comparisons(): Expression {
    let operand = this.#binary(1);
    for (;;) {
      const negated = this.reader.sees("NOT") && ["IN", "BETWEEN", "LIKE"].some((word) => this.reader.seesNext(word));
      if (negated) this.reader.need("NOT");
      const found = this.#comparison(operand);
      if (!found) return operand;
      operand = negated ? { kind: "not", operand: found } : found;
    }
  }

  #comparison(operand: Expression): Expression | undefined {
    const { reader } = this;
    if (reader.token.type === "operator" && comparisons.has(reader.token.value)) {
      const operator = reader.take().raw;
      return { kind: "compare", operator: operator === "<>" ? "!=" : operator, left: operand, right: this.#binary(1) };
    }
    if (reader.skip("IN")) {
      reader.need("(");
      return { kind: "in", operand, list: reader.listUntil(")", () => this.expression()) };
    }
    if (reader.skip("BETWEEN")) {
      const low: Expression = { kind: "compare", operator: ">=", left: operand, right: this.#binary(1) };
      reader.need("AND");
      return { kind: "and", left: low, right: { kind: "compare", operator: "<=", left: operand, right: this.#binary(1) } };
    }
    if (reader.skip("LIKE")) {
      const pattern = this.#binary(1);
      return { kind: "like", operand, pattern, escape: reader.skip("ESCAPE") ? this.#binary(1) : undefined };
    }
    return undefined;
  }

  /** Operators that bind at least as tightly as `least`. */
  #binary(least: number): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = this.reader.token.type === "operator" ? this.reader.token.value : "";
      const precedence = precedences[operator];
      if (precedence === undefined || precedence < least) return left;
      this.reader.take();
      left = { kind: "arithmetic", operator, left, right: this.#binary(precedence + 1) };
    }
  }

  #unary(): Expression {
    if (this.reader.skip("-")) return { kind: "negate", operand: this.#unary() };
    if (this.reader.skip("+")) return this.#unary();
    if (this.reader.skip("~")) return { kind: "bit-not", operand: this.#unary() };
    return this.#property(this.#primary());
  }

  #property(start: Expression): Expression {
    let of = start;
    for (;;) {
      if (this.reader.skip(".")) of = { kind: "property", of, key: { kind: "literal", value: this.reader.name() } };
      else if (this.reader.skip("[")) {
        of = { kind: "property", of, key: this.expression() };
        this.reader.need("]");
      } else return of;
    }
  }

  #primary(): Expression {
    const { reader } = this;
    const { token } = reader;
    for (const [word, value] of constants) if (reader.skip(word)) return { kind: "literal", value };
    if (reader.skip("EXISTS")) return this.#subquery("exists");
    if (reader.skip("ARRAY")) return this.#subquery("array");
    if (reader.sees("(")) return this.#parenthesized();
    if (reader.skip("[")) return { kind: "array", items: reader.listUntil("]", () => this.expression()) };
    if (reader.skip("{")) return { kind: "object", properties: reader.listUntil("}", () => this.#objectProperty()) };
    if (token.type === "keyword" || token.type === "operator" || token.type === "end") return reader.fail();
    reader.take();
    if (token.type === "parameter") return { kind: "parameter", name: token.value };
    if (token.type === "number" || token.type === "string") return { kind: "literal", value: token.value };
    return reader.skip("(") ? this.#call(token.value) : { kind: "variable", name: token.value };
  }

  #parenthesized(): Expression {
    if (this.reader.seesNext("SELECT")) return this.#subquery("scalar");
    this.reader.need("(");
    const inner = this.expression();
    this.reader.need(")");
    return inner;
  }

  #subquery(use: "exists" | "array" | "scalar"): Expression {
    this.reader.need("(");
    const query = this.query();
    this.reader.need(")");
    return { kind: "subquery", use, query };
  }

  #objectProperty(): readonly [string, Expression] {
    const key = this.reader.name();
    this.reader.need(":");
    return [key, this.expression()];
  }

  #call(written: string): Expression {
    const name = written.toUpperCase();
    const args = this.reader.listUntil(")", () => this.expression());
    const [operand] = args;
    if (isAggregate(name) && operand && args.length === 1) {
      const aggregate: Aggregate = { kind: "aggregate", name, operand, index: this.aggregates.length };
      this.aggregates.push(aggregate);
      return aggregate;
    }
    if (!isFunction(name)) throw new SqlError(`'${written}' is not a recognized built-in function name.`);
    return { kind: "call", name, args };
  }
}

const isAggregate = (name: string): name is AggregateName => aggregateNames.has(name);
