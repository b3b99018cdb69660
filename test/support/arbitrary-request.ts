import fc from "fast-check";
import { postedEvent } from "./arbitrary-event.ts";

/** Any UTF-16 code units: control characters, lone surrogates, noncharacters. */
const codeUnits = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd800, max: 0xdfff }), fc.integer({ min: 0, max: 0x7f })),
  {
    maxLength: 24,
  },
);
const anyText = codeUnits.map((units) => String.fromCharCode(...units));
const trickyName = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "toJSON",
  "events",
  "",
  "a/b~c",
);
const trickyText = fc.constantFrom(
  "\0",
  "\ud800",
  "\udfff\ud800",
  "‮",
  "%00",
  "' OR 1=1 --",
  "%{x}",
  "../../etc/passwd",
  "NaN",
  "1e999",
  "﻿",
);
const trickyValue = fc.oneof(
  anyText,
  trickyText,
  fc.constantFrom(-0, 1e308, -1e308, Number.MAX_SAFE_INTEGER, 5e-324, "", null, true, [], {}),
  fc.integer({ min: 1, max: 70_000 }).map((length) => "é".repeat(length)),
);

/** A JSON text: any value, under names that mean something to JavaScript too. */
const anyJson = fc
  .letrec<{ value: unknown; list: unknown[]; object: [string, unknown][] }>((tie) => ({
    value: fc.oneof({ maxDepth: 6 }, trickyValue, fc.jsonValue({ maxDepth: 2 }), tie("list"), tie("object")),
    list: fc.array(tie("value"), { maxLength: 4 }),
    // Entries become an object by definition, not by assignment: `__proto__` is a name like any other.
    object: fc
      .array(fc.tuple(fc.oneof(trickyName, anyText), tie("value")), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)) as never,
  }))
  .value.map((value) => JSON.stringify(value) ?? "null");

/** A value inside as many others as said, of lists or of the members that bodies have. */
export const nestedTexts = (depth: number): string[] =>
  [
    ["[", "]"],
    ['{"a":', "}"],
    ['{"events":[', "]}"],
    ['{"event_name":"x","event_properties":', "}"],
    ['{"credentials":', "}"],
  ].map(([open, close]) => `${open!.repeat(depth)}1${close!.repeat(depth)}`);

const huge = fc
  .tuple(fc.constantFrom("x", "\\u0000", "é", "\\ud800", " "), fc.integer({ min: 1_000, max: 250_000 }))
  .map(([unit, length]) => `{"event_name":"x","page_title":"${unit.repeat(length)}"}`);

/** An object with one member changed for something it should not be, taken away, or under another name. */
export const mutated = (original: fc.Arbitrary<object>): fc.Arbitrary<string> =>
  fc
    .tuple(
      original,
      fc.nat(),
      fc.constantFrom("replace", "rename", "remove", "wrap"),
      fc.oneof(trickyValue, fc.jsonValue()),
      fc.oneof(trickyName, anyText),
    )
    .map(([object, at, change, value, name]) => {
      const entries = Object.entries(object);
      const index = entries.length === 0 ? 0 : at % entries.length;
      const [key, old] = entries[index] ?? ["x", 1];
      const changed: Record<typeof change, [string, unknown][]> = {
        replace: [[key, value]],
        rename: [[name, old]],
        remove: [],
        wrap: [[key, { [name]: old }]],
      };
      return JSON.stringify(Object.fromEntries([...entries.slice(0, index), ...changed[change], ...entries.slice(index + 1)]));
    });

const events = fc.oneof(
  postedEvent.map((event) => JSON.stringify(event)),
  mutated(postedEvent),
  fc.array(mutated(postedEvent), { minLength: 1, maxLength: 5 }).map((items) => `{"events":[${items.join(",")}]}`),
);

/** The body of a request to any route, from good to absurd; `sample` is one that the route takes. */
export const anyBody = (sample: unknown): fc.Arbitrary<string | Uint8Array> =>
  fc.oneof(
    { weight: 6, arbitrary: events },
    { weight: 4, arbitrary: mutated(fc.constant((sample ?? { reason: "x" }) as object)) },
    { weight: 4, arbitrary: anyJson },
    { weight: 1, arbitrary: huge },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );

const headerName = fc.constantFrom(
  "accept",
  "authorization",
  "content-encoding",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "origin",
  "user-agent",
  "x-forwarded-for",
  "x-request-id",
  "x-unknown",
);
const headerValue = fc.oneof(
  fc.string({
    unit: fc
      .integer({ min: 0x21, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 60,
  }),
  fc.constantFrom(
    "*",
    '"',
    "*/*;q=0",
    "gzip, gzip",
    "application/json;charset=",
    "Bearer ",
    ",,,",
    "1.2.3.4, ::ffff:1.2.3.4%eth0",
    "[::1]:80",
    "null",
    "http://[",
  ),
  fc.integer({ min: 100, max: 6_000 }).map((length) => "a".repeat(length)),
);

/** Headers of which any may be nonsense. */
export const anyHeaders: fc.Arbitrary<Record<string, string>> = fc
  .array(fc.tuple(headerName, headerValue), { maxLength: 3 })
  .map((entries) => Object.fromEntries(entries));

const cursor = fc
  .oneof(
    anyJson,
    fc.tuple(fc.uuid(), fc.oneof(fc.maxSafeNat(), fc.integer())).map(([batch, skip]) => JSON.stringify({ batch, skip })),
    anyText,
  )
  .map((text) => Buffer.from(text).toString("base64url").slice(0, 400));

/** A query string of the given parameters and others, with values of every kind. */
export const anyQuery = (names: readonly string[]): fc.Arbitrary<string> => {
  const name =
    names.length === 0 ? anyText : fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: trickyName });
  const time = fc.date({ noInvalidDate: true, min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z") });
  const value = fc.oneof(
    anyText,
    trickyText,
    cursor,
    time.map((date) => date.toISOString()),
    fc.uuid(),
    fc.integer().map(String),
    fc.constantFrom("day", "hour", "active", "pending"),
  );
  // A lone surrogate has no UTF-8: what a client would send of it is U+FFFD.
  const pair = fc
    .tuple(name, value)
    .map(([left, right]) => `${encodeURIComponent(left.toWellFormed())}=${encodeURIComponent(right.toWellFormed())}`);
  return fc.oneof(
    fc.constant(""),
    fc.array(pair, { maxLength: 4 }).map((pairs) => `?${pairs.join("&")}`),
    fc.constantFrom("?", "?&&", "?=", "?%", "?%ff=%ff"),
  );
};

/** One segment of a path, percent-encoded or only claiming to be. */
export const anySegment: fc.Arbitrary<string> = fc.oneof(
  fc.uuid(),
  anyText.map((text) => encodeURIComponent(text.toWellFormed()) || "x"),
  fc.constantFrom(
    "%00",
    "%2F",
    "%2e%2e",
    "%ff",
    "%",
    "%E0%A4%A",
    "__proto__",
    "constructor",
    ":",
    "{id}",
    "a".repeat(65),
    "a".repeat(4_000),
  ),
);
