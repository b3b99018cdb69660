import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { ContainerDefinitions } from "../../ports/containers.ts";
import type { Condition, Document, IndexedValue, Page, Query } from "../../ports/document-store.ts";
import { requireIndexed } from "../common/check-store-call.ts";
import { columnOf, tableOf } from "./sqlite-tables.ts";

interface Row {
  readonly etag: number;
  readonly body: string;
  readonly position: string | number;
  readonly id: string;
}

/** The last row of a page: the value it was ordered by, and its id for ties. */
type Position = readonly [value: string | number, id: string];

const operators = { eq: "=", lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;

const preparedMax = 200;

/** Prepares each text once: preparing costs several times what a small query does. */
export function preparing(db: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      if (prepared.size >= preparedMax) {
        prepared.clear();
      }
      statement = db.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  };
}

/** Answers a query of one partition, page by page; each page continues after the last row seen, so writes in between neither repeat nor hide rows. */
export function queryDocuments<D extends Document>(
  prepare: (sql: string) => StatementSync,
  containers: ContainerDefinitions,
  container: string,
  pk: string,
  query: Query,
  now: number,
): Page<D> {
  requireIndexed(containers, container, query);
  const parameters: SQLInputValue[] = [];
  const branches = alternatives(query.where).map((where) => selectOne(container, pk, query, where, now, parameters));
  const direction = query.orderBy.direction.toUpperCase();
  const sql = `${branches.map((branch) => `SELECT * FROM (${branch})`).join(" UNION ALL ")} ORDER BY position ${direction}, id ${direction} LIMIT ?`;
  parameters.push(query.limit + 1);
  const rows = prepare(sql).all(...parameters) as unknown as Row[];
  const shown = rows.slice(0, query.limit);
  const items = shown.map((row) => ({ document: JSON.parse(row.body) as D, etag: String(row.etag) }));
  const last = shown.at(-1);
  return rows.length > shown.length && last !== undefined ? { items, continuation: encodePosition([last.position, last.id]) } : { items };
}

/** One SELECT that an index answers in order; each has its own limit, so that nothing sorts more than a page. */
function selectOne(
  container: string,
  pk: string,
  { orderBy, limit, continuation }: Query,
  where: readonly Condition[],
  now: number,
  parameters: SQLInputValue[],
): string {
  const column = columnOf(orderBy.path);
  const direction = orderBy.direction.toUpperCase();
  const conditions = ["pk = ?", "(expires_at IS NULL OR expires_at > ?)", `${column} IS NOT NULL`];
  parameters.push(pk, now);
  for (const { path, op, value } of where) {
    conditions.push(`${columnOf(path)} ${operators[op as keyof typeof operators]} ?`);
    parameters.push(asParameter(value as IndexedValue));
  }
  if (continuation !== undefined) {
    conditions.push(`(${column}, id) ${orderBy.direction === "asc" ? ">" : "<"} (?, ?)`);
    parameters.push(...decodePosition(continuation));
  }
  parameters.push(limit + 1);
  return `SELECT etag, body, ${column} AS position, id FROM ${tableOf(container)} WHERE ${conditions.join(" AND ")} ORDER BY ${column} ${direction}, id ${direction} LIMIT ?`;
}

/** `in` becomes one alternative per value, so that each alternative can be read in index order. */
function alternatives(where: readonly Condition[]): Condition[][] {
  return where.reduce<Condition[][]>(
    (all, condition) =>
      condition.op === "in"
        ? (condition.value as readonly IndexedValue[]).flatMap((value) =>
            all.map((one) => [...one, { path: condition.path, op: "eq" as const, value }]),
          )
        : all.map((one) => [...one, condition]),
    [[]],
  );
}

const asParameter = (value: IndexedValue): SQLInputValue => (typeof value === "boolean" ? Number(value) : value);

const encodePosition = (position: Position): string => Buffer.from(JSON.stringify(position)).toString("base64url");

function decodePosition(continuation: string): [string | number, string] {
  return JSON.parse(Buffer.from(continuation, "base64url").toString()) as [string | number, string];
}
