import type { Container, Selection } from "./containers.ts";
import { readContinuation, writeContinuation } from "./continuation.ts";
import type { PreparedQuery } from "./prepared-query.ts";
import { needsPlan } from "./query-plan.ts";
import type { Row } from "./sql-evaluate.ts";
import type { Run } from "./sql-expressions.ts";
import type { Value } from "./sql-values.ts";

export interface PageRequest {
  readonly prepared: PreparedQuery;
  readonly container: Container;
  readonly selection: Selection;
  readonly run: Run;
  /** How many results at most. */
  readonly size: number;
  readonly continuation: string | undefined;
}

export interface Page {
  readonly values: Value[];
  /** Undefined on the last page. */
  readonly continuation?: string;
}

/** The next page of a query's results. */
export function readPage(request: PageRequest): Page {
  const { query } = request.prepared;
  if (!needsPlan(query)) return readCreated(request);
  const isSortedOnly = query.orderBy && !needsPlan({ ...query, orderBy: undefined });
  return isSortedOnly ? readSorted(request) : readWhole(request);
}

interface PlacedRow extends Row {
  readonly lsn: number;
  /** Its number among the rows of its document, from 1. */
  readonly nth: number;
}

/** In the order of creation: only what the page needs is looked at. */
function readCreated({ prepared, container, selection, run, size, continuation }: PageRequest): Page {
  const from = continuation === undefined ? { lsn: 0, rows: 0 } : readContinuation(continuation, "created");
  const values: Value[] = [];
  let last: PlacedRow | undefined;
  for (const row of placedRows(prepared, container, { ...selection, after: from.lsn - 1 }, run)) {
    if (row.lsn === from.lsn && row.nth <= from.rows) continue;
    if (last && values.length === size) {
      return { values, continuation: writeContinuation({ kind: "created", lsn: last.lsn, rows: last.nth }) };
    }
    values.push(row.value);
    last = row;
  }
  return { values };
}

function readSorted({ prepared, container, selection, run, size, continuation }: PageRequest): Page {
  const { compareKeys } = prepared.compiled;
  const compareRows = (a: Pick<PlacedRow, "keys" | "lsn" | "nth">, b: PlacedRow) =>
    compareKeys(a.keys, b.keys) || a.lsn - b.lsn || a.nth - b.nth;
  const position = continuation === undefined ? undefined : readContinuation(continuation, "sorted");
  const from = position && { ...position, nth: position.rows };
  // One more than wanted, to know whether this is the last page.
  const rows = smallest(rowsBeyond(), size + 1, compareRows);
  const page = rows.slice(0, size);
  const last = page.at(-1);
  const values = page.map(({ value }) => value);
  if (!last || rows.length <= size) return { values };
  return { values, continuation: writeContinuation({ kind: "sorted", keys: last.keys, lsn: last.lsn, rows: last.nth }) };

  function* rowsBeyond(): Iterable<PlacedRow> {
    for (const row of placedRows(prepared, container, selection, run)) if (!from || compareRows(from, row) < 0) yield row;
  }
}

/** The first so many in order, without sorting them all. */
function smallest<T>(items: Iterable<T>, count: number, order: (a: T, b: T) => number): T[] {
  const best: T[] = [];
  let limit: T | undefined;
  for (const item of items) {
    if (limit !== undefined && order(limit, item) <= 0) continue;
    best.push(item);
    if (best.length < count * 2) continue;
    best.sort(order).splice(count);
    limit = best.at(-1);
  }
  return best.sort(order).slice(0, count);
}

function readWhole({ prepared, container, selection, run, size, continuation }: PageRequest): Page {
  const from = continuation === undefined ? 0 : readContinuation(continuation, "skip").count;
  const values = prepared.compiled.all(documentsOf(container, selection), run);
  const page = values.slice(from, from + size);
  const isLast = from + size >= values.length;
  return isLast ? { values: page } : { values: page, continuation: writeContinuation({ kind: "skip", count: from + size }) };
}

function* documentsOf(container: Container, selection: Selection): Iterable<Value> {
  for (const { document } of container.entries(selection)) yield document;
}

function* placedRows({ compiled }: PreparedQuery, container: Container, selection: Selection, run: Run): Iterable<PlacedRow> {
  for (const { document, createdLsn } of container.entries(selection)) {
    for (const [n, row] of compiled.rowsOf(document, run).entries()) yield { ...row, lsn: createdLsn, nth: n + 1 };
  }
}
