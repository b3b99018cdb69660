import type { AggregateName, Query, SelectItem, Term } from "./sql-ast.ts";
import { SqlError } from "./sql-error.ts";
import { countOf } from "./sql-evaluate.ts";
import type { Value } from "./sql-values.ts";

/** Whether the client has to merge what several partitions give, so that the gateway refuses the query as it is. */
export const needsPlan = ({ orderBy, top, window, distinct, groupBy, aggregates }: Query): boolean =>
  Boolean(orderBy || top || window || distinct || groupBy || aggregates.length > 0);

const aggregateTypes: Readonly<Record<AggregateName, string>> = { COUNT: "Count", SUM: "Sum", AVG: "Average", MIN: "Min", MAX: "Max" };

/** How the client is to merge a query: the "partitioned query execution info" that the gateway gives. Throws `SqlError`. */
export function planQuery(query: Query, parameters: Readonly<Record<string, Value>>): object {
  const { select, orderBy, groupBy, window } = query;
  const top = query.top ? countOf(query.top, parameters) : null;
  const offset = window ? countOf(window.offset, parameters) : null;
  const limit = window ? countOf(window.limit, parameters) : null;
  // What has to come from each partition, as the client drops the rest after merging.
  const needed = top ?? (offset === null || limit === null ? null : offset + limit);
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: distinctType(query),
      top,
      offset,
      limit,
      orderBy: (orderBy ?? []).map(({ descending }) => (descending ? "Descending" : "Ascending")),
      orderByExpressions: textsOf(orderBy),
      groupByExpressions: textsOf(groupBy),
      groupByAliases: groupBy && select.kind === "list" ? select.items.map(({ alias }) => alias) : [],
      hasSelectValue: select.kind === "value",
      hasNonStreamingOrderBy: false,
      ...aggregatesOf(query),
      rewrittenQuery: rewrite(query, needed),
    },
    queryRanges: [{ min: "", max: "FF", isMinInclusive: true, isMaxInclusive: false }],
  };
}

const textsOf = (terms: readonly Term[] = []) => terms.map(({ text }) => text);

function distinctType({ distinct, orderBy }: Query): string {
  if (!distinct) return "None";
  return orderBy ? "Ordered" : "Unordered";
}

function aggregatesOf({ select, groupBy, aggregates }: Query): object {
  if (select.kind === "value") {
    const { expression } = select;
    if (expression.kind !== "aggregate" && aggregates.length > 0) throw composed();
    return { aggregates: expression.kind === "aggregate" ? [aggregateTypes[expression.name]] : [], groupByAliasToAggregateType: {} };
  }
  const isGrouped = groupBy !== undefined || aggregates.length > 0;
  if (!isGrouped) return { aggregates: [], groupByAliasToAggregateType: {} };
  if (select.kind === "all") throw new SqlError("'SELECT *' is not valid with GROUP BY.");
  const direct = select.items.filter(({ expression }) => expression.kind === "aggregate");
  if (direct.length < aggregates.length) throw composed();
  return {
    aggregates: groupBy ? [] : aggregates.map(({ name }) => aggregateTypes[name]),
    groupByAliasToAggregateType: Object.fromEntries(
      select.items.map(({ alias, expression }) => [alias, expression.kind === "aggregate" ? aggregateTypes[expression.name] : null]),
    ),
  };
}

const composed = () => new SqlError("Compositions of aggregates and other expressions are not allowed.");

/** The query for each partition, with what the client merges by beside what was asked for; empty if it is to run as it is. */
function rewrite(query: Query, needed: number | null): string {
  const { select, where, groupBy, orderBy, aggregates, window, distinct } = query;
  const from = query.fromText ? ` FROM ${query.fromText}` : "";
  const filter = where ? ` WHERE ${where.text}` : "";
  if (groupBy || aggregates.length > 0) {
    const group = groupBy ? ` GROUP BY ${textsOf(groupBy).join(", ")}` : "";
    if (select.kind === "value" && !groupBy) return `SELECT VALUE ${partial(query)}${from}${filter}`;
    return `SELECT [${mergeItems(groupBy)}] AS groupByItems, ${partial(query)} AS payload${from}${filter}${group}`;
  }
  if (orderBy) {
    const order = orderBy.map(({ text, descending }) => (descending ? `${text} DESC` : text)).join(", ");
    const top = needed === null ? "" : `TOP ${needed} `;
    const rid = `${query.sources[0]?.alias}._rid`;
    const resume = `${where ? `(${where.text}) AND ` : ""}({documentdb-formattableorderbyquery-filter})`;
    return `SELECT ${top}${rid}, [${mergeItems(orderBy)}] AS orderByItems, ${payload(query)} AS payload${from} WHERE ${resume} ORDER BY ${order}`;
  }
  return window ? `SELECT ${distinct ? "DISTINCT " : ""}TOP ${needed} ${asWritten(query)}${from}${filter}` : "";
}

const mergeItems = (terms: readonly Term[] = []) => terms.map(({ text }) => `{"item": ${text}}`).join(", ");

const toObjectText = (items: readonly SelectItem[], textOf: (item: SelectItem) => string) =>
  `{${items.map((item) => `${JSON.stringify(item.alias)}: ${textOf(item)}`).join(", ")}}`;

/** What was asked for, as one value. */
function payload({ select, sources }: Query): string {
  if (select.kind === "all") return sources[0]?.alias ?? "";
  return select.kind === "value" ? select.text : toObjectText(select.items, ({ text }) => text);
}

/** What was asked for, as a SELECT clause. */
function asWritten({ select }: Query): string {
  if (select.kind === "all") return "*";
  return select.kind === "value" ? `VALUE ${select.text}` : select.items.map(({ text, alias }) => `${text} AS ${alias}`).join(", ");
}

/** What was asked for, with aggregates in a form that can be merged. */
function partial({ select }: Query): string {
  if (select.kind === "value") return select.expression.kind === "aggregate" ? `[${toMergeable(select)}]` : select.text;
  return select.kind === "list" ? toObjectText(select.items, toMergeable) : "";
}

/** An average is merged by sum and count; a minimum is only one if anything was counted. */
function toMergeable({ expression, text }: Term): string {
  if (expression.kind !== "aggregate") return text;
  const operand = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
  if (expression.name === "AVG") return `{"item": {"sum": SUM(${operand}), "count": COUNT(${operand})}}`;
  if (expression.name === "COUNT" || expression.name === "SUM") return `{"item": ${text}}`;
  return `{"item": ${text}, "item2": {"${expression.name.toLowerCase()}": ${text}, "count": COUNT(${operand})}}`;
}
