import { equal, isArray, isObject, type Value } from "./sql-values.ts";

type SqlFunction = (...args: Value[]) => Value;

const onStrings =
  (f: (...texts: string[]) => Value): SqlFunction =>
  (...args) =>
    args.every((arg) => typeof arg === "string") ? f(...args) : undefined;

const onNumbers =
  (f: (...numbers: number[]) => Value): SqlFunction =>
  (...args) =>
    args.every((arg) => typeof arg === "number") ? f(...args) : undefined;

const onArrays =
  (f: (...arrays: (readonly Value[])[]) => Value): SqlFunction =>
  (...args) =>
    args.every(isArray) ? f(...args) : undefined;

/** Of two texts, with an optional third argument that says to ignore the case. */
const onFolded =
  (f: (a: string, b: string) => boolean): SqlFunction =>
  (a, b, ignoreCase) => {
    if (typeof a !== "string" || typeof b !== "string") return undefined;
    return ignoreCase === true ? f(a.toLowerCase(), b.toLowerCase()) : f(a, b);
  };

const ofType: Readonly<Record<string, SqlFunction>> = {
  IS_DEFINED: (value) => value !== undefined,
  IS_NULL: (value) => value === null,
  IS_ARRAY: isArray,
  IS_BOOL: (value) => typeof value === "boolean",
  IS_NUMBER: (value) => typeof value === "number",
  IS_STRING: (value) => typeof value === "string",
  IS_OBJECT: isObject,
  IS_PRIMITIVE: (value) => value === null || ["string", "number", "boolean"].includes(typeof value),
  IS_INTEGER: (value) => Number.isInteger(value),
  IS_FINITE_NUMBER: (value) => Number.isFinite(value),
};

const ofText: Readonly<Record<string, SqlFunction>> = {
  CONTAINS: onFolded((a, b) => a.includes(b)),
  STARTSWITH: onFolded((a, b) => a.startsWith(b)),
  ENDSWITH: onFolded((a, b) => a.endsWith(b)),
  STRINGEQUALS: onFolded((a, b) => a === b),
  INDEX_OF: (a, b, from) => (typeof a === "string" && typeof b === "string" ? a.indexOf(b, Number(from ?? 0)) : undefined),
  LOWER: onStrings((text) => text?.toLowerCase()),
  UPPER: onStrings((text) => text?.toUpperCase()),
  TRIM: onStrings((text) => text?.trim()),
  LTRIM: onStrings((text) => text?.trimStart()),
  RTRIM: onStrings((text) => text?.trimEnd()),
  LENGTH: onStrings((text) => text?.length),
  REVERSE: onStrings((text) => [...(text ?? "")].reverse().join("")),
  CONCAT: onStrings((...texts) => texts.join("")),
  REPLACE: onStrings((text, from, to) => text?.replaceAll(from ?? "", to ?? "")),
  SUBSTRING: (text, from, length) =>
    typeof text === "string" && typeof from === "number" && typeof length === "number" ? text.substring(from, from + length) : undefined,
  LEFT: (text, length) => (typeof text === "string" && typeof length === "number" ? text.slice(0, length) : undefined),
  RIGHT: (text, length) =>
    typeof text === "string" && typeof length === "number" ? text.slice(Math.max(0, text.length - length)) : undefined,
  REPLICATE: (text, times) => (typeof text === "string" && typeof times === "number" ? text.repeat(times) : undefined),
  REGEXMATCH: onStrings((text, pattern, flags) => new RegExp(pattern ?? "", flags).test(text ?? "")),
  TOSTRING: (value) => (value === undefined || typeof value === "string" ? value : JSON.stringify(value)),
  STRINGTONUMBER: onStrings((text) => (text?.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text))),
  STRINGTOARRAY: onStrings((text) => parseAs(text, isArray)),
  STRINGTOOBJECT: onStrings((text) => parseAs(text, isObject)),
  STRINGTOBOOLEAN: onStrings((text) => parseAs(text, (value) => typeof value === "boolean")),
};

const ofNumbers: Readonly<Record<string, SqlFunction>> = {
  ABS: onNumbers(Math.abs),
  CEILING: onNumbers(Math.ceil),
  FLOOR: onNumbers(Math.floor),
  ROUND: onNumbers((n) => Math.sign(n) * Math.round(Math.abs(n))),
  SQRT: onNumbers(Math.sqrt),
  SQUARE: onNumbers((n) => n * n),
  POWER: onNumbers(Math.pow),
  SIGN: onNumbers(Math.sign),
  TRUNC: onNumbers(Math.trunc),
  EXP: onNumbers(Math.exp),
  LOG: onNumbers((n, base) => (base === undefined ? Math.log(n) : Math.log(n) / Math.log(base))),
  LOG10: onNumbers(Math.log10),
  PI: () => Math.PI,
};

const ofArrays: Readonly<Record<string, SqlFunction>> = {
  ARRAY_LENGTH: onArrays((array) => array?.length),
  ARRAY_CONTAINS: (array, wanted, partly) =>
    isArray(array) && wanted !== undefined
      ? array.some((item) => equal(item, wanted) || (partly === true && isPart(wanted, item)))
      : undefined,
  ARRAY_CONCAT: onArrays((...arrays) => arrays.flat()),
  ARRAY_SLICE: (array, start, length) => {
    if (!isArray(array) || typeof start !== "number") return undefined;
    const from = start < 0 ? Math.max(0, array.length + start) : start;
    return typeof length === "number" ? array.slice(from, from + length) : array.slice(from);
  },
  ARRAY_CONTAINS_ANY: (array, ...wanted) => (isArray(array) ? wanted.some((value) => has(array, value)) : undefined),
  ARRAY_CONTAINS_ALL: (array, ...wanted) => (isArray(array) ? wanted.every((value) => has(array, value)) : undefined),
  SETINTERSECT: onArrays((a = [], b = []) => distinct(a.filter((item) => has(b, item)))),
  SETUNION: onArrays((a = [], b = []) => distinct([...a, ...b])),
  OBJECTTOARRAY: (object) => (isObject(object) ? Object.entries(object).map(([k, v]) => ({ k, v })) : undefined),
  IIF: (condition, whenTrue, whenFalse) => (condition === true ? whenTrue : whenFalse),
  CHOOSE: (n, ...values) => (typeof n === "number" ? values[n - 1] : undefined),
};

const unitMs: Readonly<Record<string, number>> = Object.fromEntries(
  [
    [86_400_000, "day", "dd", "d"] as const,
    [3_600_000, "hour", "hh"] as const,
    [60_000, "minute", "mi", "n"] as const,
    [1000, "second", "ss", "s"] as const,
    [1, "millisecond", "ms"] as const,
  ].flatMap(([ms, ...names]) => names.map((name) => [name, ms])),
);

/** Seven digits after the point, as the service writes times. */
const toDateTime = (ms: number) => new Date(ms).toISOString().replace("Z", "0000Z");

const ofTime: Readonly<Record<string, SqlFunction>> = {
  DATETIMETOTIMESTAMP: onStrings((text) => Date.parse(text ?? "")),
  TIMESTAMPTODATETIME: onNumbers((ms) => toDateTime(ms)),
  DATETIMEADD: (unit, count, text) => {
    const ms = unitMs[String(unit).toLowerCase()];
    return ms && typeof text === "string" && typeof count === "number" ? toDateTime(Date.parse(text) + count * ms) : undefined;
  },
};

/** Those that look at the clock; they take milliseconds since the epoch. */
const ofNow: Readonly<Record<string, (now: number) => Value>> = {
  GETCURRENTDATETIME: toDateTime,
  GETCURRENTTIMESTAMP: (now) => now,
  GETCURRENTTICKS: (now) => now * 10_000 + 621_355_968_000_000_000,
};

const functions: Readonly<Record<string, SqlFunction>> = { ...ofType, ...ofText, ...ofNumbers, ...ofArrays, ...ofTime };

/** Whether there is such a built-in function; names are in capitals. */
export const isFunction = (name: string): boolean => Object.hasOwn(functions, name) || Object.hasOwn(ofNow, name);

/** The result of a built-in function at a time, in milliseconds since the epoch. */
export function callFunction(name: string, args: readonly Value[], now: number): Value {
  return Object.hasOwn(ofNow, name) ? ofNow[name]?.(now) : functions[name]?.(...args);
}

function parseAs(text: string | undefined, fits: (value: Value) => boolean): Value {
  try {
    const value: Value = JSON.parse(text ?? "");
    return fits(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const has = (array: readonly Value[], wanted: Value) => array.some((item) => equal(item, wanted));

const distinct = (array: readonly Value[]) => array.filter((item, n) => array.findIndex((other) => equal(item, other)) === n);

/** Whether every property of `part` is in `whole`. */
const isPart = (part: Value, whole: Value): boolean =>
  isObject(part) &&
  isObject(whole) &&
  Object.keys(part).every((key) => Object.hasOwn(whole, key) && (equal(whole[key], part[key]) || isPart(part[key], whole[key])));
