import type { Value } from "./sql-values.ts";

export interface Aggregate {
  readonly kind: "aggregate";
  readonly name: AggregateName;
  readonly operand: Expression;
  /** Its place among the aggregates of its query. */
  readonly index: number;
}

export type AggregateName = "COUNT" | "SUM" | "AVG" | "MIN" | "MAX";

export type Expression =
  | Aggregate
  | { readonly kind: "literal"; readonly value: Value }
  | { readonly kind: "parameter" | "variable"; readonly name: string }
  | { readonly kind: "property"; readonly of: Expression; readonly key: Expression }
  | { readonly kind: "conditional"; readonly condition: Expression; readonly whenTrue: Expression; readonly whenFalse: Expression }
  | { readonly kind: "and" | "or" | "coalesce"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "not" | "negate" | "bit-not"; readonly operand: Expression }
  | { readonly kind: "compare" | "arithmetic"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "in"; readonly operand: Expression; readonly list: readonly Expression[] }
  | { readonly kind: "like"; readonly operand: Expression; readonly pattern: Expression; readonly escape: Expression | undefined }
  | { readonly kind: "array"; readonly items: readonly Expression[] }
  | { readonly kind: "object"; readonly properties: readonly (readonly [string, Expression])[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "subquery"; readonly use: "exists" | "array" | "scalar"; readonly query: Query };

/** An expression and how it is written in the query, for the query plan. */
export interface Term {
  readonly expression: Expression;
  readonly text: string;
}

export interface SelectItem extends Term {
  readonly alias: string;
}

export type Select =
  | { readonly kind: "all" }
  | ({ readonly kind: "value" } & Term)
  | { readonly kind: "list"; readonly items: readonly SelectItem[] };

/** What FROM and JOIN bind a name to: a subquery, or a path below a collection or another name. */
export interface Source {
  readonly alias: string;
  /** `x IN …`: each element of an array in turn. */
  readonly iterate: boolean;
  readonly from: { readonly query: Query } | { readonly root: string; readonly path: readonly (string | number)[] };
}

/** Of TOP, OFFSET and LIMIT. */
export type Count = { readonly kind: "literal"; readonly value: number } | { readonly kind: "parameter"; readonly name: string };

export interface Query {
  readonly distinct: boolean;
  readonly top: Count | undefined;
  readonly select: Select;
  readonly sources: readonly Source[];
  readonly fromText: string | undefined;
  readonly where: Term | undefined;
  readonly groupBy: readonly Term[] | undefined;
  readonly orderBy: readonly (Term & { readonly descending: boolean })[] | undefined;
  readonly window: { readonly offset: Count; readonly limit: Count } | undefined;
  readonly aggregates: readonly Aggregate[];
}

/** The property path of an expression such as `c.a.b`, as `/a/b`; undefined for anything else. */
export function pathOf(expression: Expression): string | undefined {
  if (expression.kind !== "property" || expression.key.kind !== "literal") return undefined;
  const parent = expression.of.kind === "variable" ? "" : pathOf(expression.of);
  return parent === undefined ? undefined : `${parent}/${expression.key.value}`;
}
