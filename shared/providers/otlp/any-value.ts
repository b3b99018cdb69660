/** Exactly one of the variants (opentelemetry/proto/common/v1/common.proto), in the JSON form of OTLP: 64-bit integers are text. */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } };

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** A JSON value in OTLP's form; `undefined` for what it has none for: `null`, and numbers that are not finite. */
export function anyValue(value: unknown): AnyValue | undefined {
  switch (typeof value) {
    case "string":
      return { stringValue: value.toWellFormed() };
    case "boolean":
      return { boolValue: value };
    case "number":
      // Larger integers have lost digits already; as doubles they say no more than they know.
      return Number.isSafeInteger(value) ? { intValue: String(value) } : doubleValue(value);
    case "object":
      return value === null ? undefined : collected(value);
    default:
      return undefined;
  }
}

/** A number that stays a double in every record, whole or not. */
export const doubleValue = (value: number): AnyValue | undefined => (Number.isFinite(value) ? { doubleValue: value } : undefined);

/** A list of keys and values in which no key comes twice; the first one stays. */
export function keyValues(entries: readonly (readonly [string, unknown])[]): KeyValue[] {
  const values = new Map<string, AnyValue>();
  for (const [name, given] of entries) {
    const key = name.toWellFormed();
    const value = anyValue(given);
    if (key !== "" && value !== undefined && !values.has(key)) {
      values.set(key, value);
    }
  }
  return [...values].map(([key, value]) => ({ key, value }));
}

/** What of an array has no form in OTLP is left out: an empty value would be a `null`. */
function collected(value: object): AnyValue {
  return Array.isArray(value)
    ? { arrayValue: { values: value.map(anyValue).filter((item) => item !== undefined) } }
    : { kvlistValue: { values: keyValues(Object.entries(value)) } };
}
