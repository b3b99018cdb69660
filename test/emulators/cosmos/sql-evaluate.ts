import { aggregate } from "./sql-aggregate.ts";
import type { Count, Expression, Query } from "./sql-ast.ts";
import { SqlError } from "./sql-error.ts";
import { compileExpression, type Evaluate, type Run, type Scope, toObject } from "./sql-expressions.ts";
import { compileSources, type VisitScopes } from "./sql-sources.ts";
import { canonical, compare, type Value } from "./sql-values.ts";

export interface Row {
  readonly value: Value;
  /** What ORDER BY looks at, in its order. */
  readonly keys: readonly Value[];
}

export interface CompiledQuery {
  /** Everything the query gives, in its order. */
  all(documents: Iterable<Value>, run: Run, outer?: Scope): Value[];
  /** What one document gives, without the clauses that look at several of them. */
  rowsOf(document: Value, run: Run): Row[];
  compareKeys(a: readonly Value[], b: readonly Value[]): number;
}

/** Makes a query ready to run any number of times. Throws `SqlError`. */
export function compileQuery(query: Query): CompiledQuery {
  const compile = (expression: Expression) => compileExpression(expression, compileSubquery);
  const where = query.where && compile(query.where.expression);
  const project = compileProjection(query, compile);
  const orderBy = (query.orderBy ?? []).map(({ expression, descending }) => ({ key: compile(expression), sign: descending ? -1 : 1 }));
  const visitSources = compileSources(query.sources, compileSubquery);

  const visitScopes: VisitScopes = (documents, run, outer, visit) =>
    visitSources(documents, run, outer, (scope) => {
      if (!where || where(scope, run) === true) visit(scope);
    });

  const groupsOf = query.groupBy || query.aggregates.length > 0 ? compileGroups(query, visitScopes, project, compile) : undefined;

  function rowsOf(documents: Iterable<Value>, run: Run, outer: Scope): Row[] {
    const rows: Row[] = [];
    visitScopes(documents, run, outer, (scope) => {
      const value = project(scope, run);
      if (value !== undefined) rows.push({ value, keys: orderBy.map(({ key }) => key(scope, run)) });
    });
    return rows;
  }

  function compareKeys(a: readonly Value[], b: readonly Value[]): number {
    for (const [n, { sign }] of orderBy.entries()) {
      const order = sign * compare(a[n], b[n]);
      if (order !== 0) return order;
    }
    return 0;
  }

  return {
    compareKeys,
    rowsOf: (document, run) => rowsOf([document], run, {}),
    all(documents, run, outer = {}) {
      const values = groupsOf
        ? groupsOf(documents, run, outer)
        : rowsOf(documents, run, outer)
            .sort((a, b) => compareKeys(a.keys, b.keys))
            .map(({ value }) => value);
      return limit(query.distinct ? distinct(values) : values, query, run);
    },
  };
}

function compileSubquery(query: Query): (scope: Scope, run: Run) => Value[] {
  const compiled = compileQuery(query);
  return (scope, run) => compiled.all([], run, scope);
}

function compileProjection({ select, sources }: Query, compile: (expression: Expression) => Evaluate): Evaluate {
  if (select.kind === "value") return compile(select.expression);
  if (select.kind === "list") return toObject(select.items.map(({ alias, expression }) => [alias, compile(expression)]));
  const [source] = sources;
  if (!source || sources.length > 1) throw new SqlError("'SELECT *' is only valid with a single input set.");
  return (scope) => scope[source.alias];
}

/** GROUP BY and aggregates: one result for each group, and without GROUP BY one in any case. */
function compileGroups(query: Query, visitScopes: VisitScopes, project: Evaluate, compile: (expression: Expression) => Evaluate) {
  const groupBy = query.groupBy?.map(({ expression }) => compile(expression));
  const operands = query.aggregates.map(({ operand }) => compile(operand));
  const aliases = query.sources.map(({ alias }) => [alias, undefined] as const);

  return (documents: Iterable<Value>, run: Run, outer: Scope): Value[] => {
    const groups = new Map<string, { readonly first: Scope; readonly values: Value[][] }>();
    const open = (key: string, first: Scope) => {
      const group = { first, values: operands.map((): Value[] => []) };
      groups.set(key, group);
      return group;
    };
    visitScopes(documents, run, outer, (scope) => {
      const key = groupBy ? canonical(groupBy.map((evaluate) => evaluate(scope, run))) : "";
      const { values } = groups.get(key) ?? open(key, scope);
      for (const [n, operand] of operands.entries()) values[n]?.push(operand(scope, run));
    });
    if (!groupBy && groups.size === 0) open("", { ...outer, ...Object.fromEntries(aliases) });
    return Array.from(groups.values(), ({ first, values }) => {
      const results = query.aggregates.map(({ name }, n) => aggregate(name, values[n] ?? []));
      return project(first, run, results);
    }).filter((value) => value !== undefined);
  };
}

/** The first of each of those that are equal. */
function distinct(values: readonly Value[]): Value[] {
  const firsts = new Map<string, Value>();
  for (const value of values) {
    const key = canonical(value);
    if (!firsts.has(key)) firsts.set(key, value);
  }
  return [...firsts.values()];
}

/** TOP, OFFSET and LIMIT. */
function limit(values: readonly Value[], { top, window }: Query, { parameters }: Run): Value[] {
  const first = top === undefined ? values.length : countOf(top, parameters);
  const from = window ? countOf(window.offset, parameters) : 0;
  return values.slice(0, first).slice(from, window ? from + countOf(window.limit, parameters) : undefined);
}

/** The number that TOP, OFFSET or LIMIT stands with. Throws `SqlError` if a parameter is none. */
export function countOf(count: Count, parameters: Readonly<Record<string, Value>>): number {
  const value = count.kind === "literal" ? count.value : parameters[count.name];
  if (typeof value !== "number") throw new SqlError("TOP, OFFSET and LIMIT take a number.");
  return value;
}
