import type { Query } from "./sql-ast.ts";
import { type CompiledQuery, compileQuery } from "./sql-evaluate.ts";
import { parseQuery } from "./sql-parser.ts";

export interface PreparedQuery {
  readonly query: Query;
  readonly compiled: CompiledQuery;
}

const preparedMax = 500;
const prepared = new Map<string, PreparedQuery>();

/** Parses and compiles a text, once for as long as it stays in use. Throws `SqlError`. */
export function prepareQuery(text: string): PreparedQuery {
  const known = prepared.get(text);
  if (known) return known;
  const query = parseQuery(text);
  const result = { query, compiled: compileQuery(query) };
  if (prepared.size >= preparedMax) prepared.clear();
  prepared.set(text, result);
  return result;
}
