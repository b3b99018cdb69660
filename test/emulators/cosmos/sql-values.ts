/** What an expression can give: JSON, or undefined. */
export type Value = undefined | null | boolean | number | string | readonly Value[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Value;
}

export const isArray = (value: unknown): value is readonly Value[] => Array.isArray(value);

export const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

export function typeOf(value: Value): string {
  if (value === null) return "null";
  return isArray(value) ? "array" : typeof value;
}

/** The order of types in ORDER BY, MIN and MAX; false comes before true. */
const ranks: Readonly<Record<string, number>> = { undefined: 0, null: 1, boolean: 2, number: 3, string: 4, array: 5, object: 6 };

/** Orders any two values, as ORDER BY does: negative, 0 or positive. */
export function compare(a: Value, b: Value): number {
  const byType = (ranks[typeOf(a)] ?? 0) - (ranks[typeOf(b)] ?? 0);
  if (byType !== 0) return byType;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  return typeof a === "object" && a !== null ? compareText(JSON.stringify(a), JSON.stringify(b)) : 0;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((item, n) => equal(item, b[n]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

/** The same text for equal values, whatever the order of their properties. */
export function canonical(value: Value): string {
  if (isArray(value)) return `[${value.map(canonical)}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "undefined";
  const properties = Object.keys(value).sort();
  return `{${properties.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)}}`;
}

/** The value below a path such as `/a/"b c"`; undefined if there is none. */
export function valueAt(value: Value, path: string): Value {
  return path
    .split("/")
    .slice(1)
    .map((key) => key.replace(/^"|"$/g, ""))
    .reduce<Value>((parent, key) => (isObject(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined), value);
}
