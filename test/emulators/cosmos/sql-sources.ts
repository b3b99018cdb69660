import type { Source } from "./sql-ast.ts";
import type { CompileSubquery, Run, Scope } from "./sql-expressions.ts";
import { propertyOf } from "./sql-operators.ts";
import { isArray, type Value } from "./sql-values.ts";

/** Calls `visit` for every combination of what the names can stand for. A call is much cheaper than a generator's step. */
export type VisitScopes = (documents: Iterable<Value>, run: Run, outer: Scope, visit: (scope: Scope) => void) => void;

/** Makes FROM and its joins ready. */
export function compileSources(sources: readonly Source[], compileSubquery: CompileSubquery): VisitScopes {
  const bindings = sources.map((source, n) => ({ alias: source.alias, visitValues: compileSource(source, n === 0, compileSubquery) }));

  return (documents, run, outer, visit) => {
    function bind(n: number, scope: Scope): void {
      const binding = bindings[n];
      if (!binding) visit(scope);
      else binding.visitValues(documents, run, scope, (value) => bind(n + 1, { ...scope, [binding.alias]: value }));
    }
    bind(0, outer);
  };
}

type VisitValues = (documents: Iterable<Value>, run: Run, scope: Scope, visit: (value: Value) => void) => void;

function compileSource({ iterate, from }: Source, isFirst: boolean, compileSubquery: CompileSubquery): VisitValues {
  const visitElements = (value: Value, visit: (value: Value) => void) => {
    if (!iterate) {
      if (value !== undefined) visit(value);
    } else if (isArray(value)) value.forEach(visit);
  };
  if ("query" in from) {
    const results = compileSubquery(from.query);
    return (_, run, scope, visit) => {
      for (const value of results(scope, run)) visitElements(value, visit);
    };
  }
  const { root, path } = from;
  return (documents, _, scope, visit) => {
    // The first name means the container, whatever it is, unless a query around this one has bound it.
    const roots = isFirst && !Object.hasOwn(scope, root) ? documents : [scope[root]];
    for (const value of roots) visitElements(path.length === 0 ? value : path.reduce<Value>(propertyOf, value), visit);
  };
}
