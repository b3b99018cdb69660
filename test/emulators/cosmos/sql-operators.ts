import { compare, equal, isArray, typeOf, type Value } from "./sql-values.ts";

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "|": (a, b) => a | b,
  "&": (a, b) => a & b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  ">>>": (a, b) => a >>> b,
};

/** Undefined unless both are numbers, or both are strings for `||`. */
export function calculate(operator: string, a: Value, b: Value): Value {
  if (operator === "||") return typeof a === "string" && typeof b === "string" ? a + b : undefined;
  return typeof a === "number" && typeof b === "number" ? arithmetic[operator]?.(a, b) : undefined;
}

/** Undefined if a side is undefined, and for an order between values of different types or without one. */
export function holds(operator: string, a: Value, b: Value): boolean | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (operator === "=") return equal(a, b);
  if (operator === "!=") return !equal(a, b);
  if (typeOf(a) !== typeOf(b) || (typeof a === "object" && a !== null)) return undefined;
  const order = compare(a, b);
  if (operator === "<") return order < 0;
  if (operator === ">") return order > 0;
  return operator === "<=" ? order <= 0 : order >= 0;
}

/** The property of an object or the element of an array, if it has it. */
export function propertyOf(parent: Value, key: Value): Value {
  if (isArray(parent)) return typeof key === "number" ? parent[key] : undefined;
  if (typeof parent !== "object" || parent === null || typeof key !== "string") return undefined;
  return Object.hasOwn(parent, key) ? parent[key] : undefined;
}

/** The regular expression that does what a pattern of LIKE does. */
export function toLikeExpression(pattern: string, escapeWith?: string): RegExp {
  let source = "";
  for (let n = 0; n < pattern.length; n++) {
    const character = pattern[n]!;
    const closing = character === "[" ? pattern.indexOf("]", n) : -1;
    if (character === escapeWith && n + 1 < pattern.length) source += quote(pattern[++n]!);
    else if (character === "%") source += "[\\s\\S]*";
    else if (character === "_") source += "[\\s\\S]";
    else if (closing > n) {
      source += pattern.slice(n, closing + 1);
      n = closing;
    } else source += quote(character);
  }
  return new RegExp(`^${source}$`);
}

const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
