import type { KeyValue } from "./any-value.ts";

/**
 * Loki refuses a record with more than 128 entries of structured metadata or 64 KB of it (`max_structured_metadata_*`), and the answer
 * to the whole request is 400 then. It flattens maps, and counts what resource, scope and severity say too: room is left for them.
 */
const entriesMax = 100;
const bytesMax = 48_000;

/** Keeps the first attributes that a record may hold; `dropped` counts the others. */
export function limitAttributes(attributes: readonly KeyValue[]): { kept: KeyValue[]; dropped: number } {
  let entries = 0;
  let bytes = 0;
  const kept = attributes.filter((attribute) => {
    const size = flatSize(attribute, 0);
    const fits = entries + size.entries <= entriesMax && bytes + size.bytes <= bytesMax;
    if (fits) {
      entries += size.entries;
      bytes += size.bytes;
    }
    return fits;
  });
  return { kept, dropped: attributes.length - kept.length };
}

/** Entries and UTF-8 bytes of an attribute where each leaf of a map repeats the names above it. */
function flatSize({ key, value }: KeyValue, prefixBytes: number): { entries: number; bytes: number } {
  const nameBytes = prefixBytes + Buffer.byteLength(key) + 1;
  if (!("kvlistValue" in value)) {
    return { entries: 1, bytes: nameBytes + Buffer.byteLength(JSON.stringify(value)) };
  }
  const sizes = value.kvlistValue.values.map((inner) => flatSize(inner, nameBytes));
  return sizes.reduce((sum, size) => ({ entries: sum.entries + size.entries, bytes: sum.bytes + size.bytes }), { entries: 0, bytes: 0 });
}
