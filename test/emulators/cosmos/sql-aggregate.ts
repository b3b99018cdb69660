import type { AggregateName } from "./sql-ast.ts";
import { compare, type Value } from "./sql-values.ts";

/** The result of an aggregate over what its operand gave for each row. SUM and AVG of anything but numbers are undefined. */
export function aggregate(name: AggregateName, values: readonly Value[]): Value {
  const defined = values.filter((value) => value !== undefined);
  if (name === "COUNT") return defined.length;
  if (name === "SUM" || name === "AVG") {
    if (!defined.every((value) => typeof value === "number")) return undefined;
    const sum = defined.reduce((a, b) => a + b, 0);
    if (name === "SUM") return sum;
    return defined.length === 0 ? undefined : sum / defined.length;
  }
  const sign = name === "MIN" ? 1 : -1;
  return defined.reduce<Value>((best, value) => (best === undefined || sign * compare(value, best) < 0 ? value : best), undefined);
}
