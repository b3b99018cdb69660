import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { decodeCursor, encodeCursor, pageOf, pagingQuery } from "../../../shared/http/paging.ts";

const position = z.strictObject({ batch: z.uuid(), skip: z.int().min(0) });
const cursorInvalid = expect.objectContaining({ code: "cursor-invalid", extensions: { pointer: "/cursor" } });

describe("a cursor", () => {
  it("comes back as the position that it was made of, and needs no escaping in a URL", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.maxSafeNat(), (batch, skip) => {
        const cursor = encodeCursor({ batch, skip });
        expect(decodeCursor(cursor, position)).toEqual({ batch, skip });
        expect(encodeURIComponent(cursor)).toBe(cursor);
        expect(cursor.length).toBeLessThanOrEqual(400);
      }),
    );
  });

  it("is left out on the first page", () => {
    expect(decodeCursor(undefined, position)).toBeUndefined();
  });

  it.each([
    ["nothing", ""],
    ["no JSON", Buffer.from("{").toString("base64url")],
    ["another shape", encodeCursor({ batch: "0199ffff-0000-7000-8000-000000000000" })],
    ["a field more", encodeCursor({ batch: "0199ffff-0000-7000-8000-000000000000", skip: 1, tenant: "b" })],
    ["a number that is none", encodeCursor({ batch: "0199ffff-0000-7000-8000-000000000000", skip: -1 })],
    ["an id that is none", encodeCursor({ batch: "tenant-b", skip: 0 })],
    ["a list", encodeCursor([])],
    ["bytes that are no text", Buffer.from([0xff, 0xfe]).toString("base64url")],
  ])("400: of %s", (_, cursor) => {
    expect(() => decodeCursor(cursor, position)).toThrow(cursorInvalid);
  });

  it("that somebody changed is a position of the same shape or refused, never anything else", () => {
    const good = encodeCursor({ batch: "0199ffff-0000-7000-8000-000000000000", skip: 25 });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ maxLength: 2 }), (at, put) => {
        try {
          expect(position.safeParse(decodeCursor(good.slice(0, at) + put + good.slice(at + 1), position)).success).toBe(true);
        } catch (error) {
          expect(error).toEqual(cursorInvalid);
        }
      }),
    );
  });
});

describe("a page", () => {
  const items = ["a", "b", "c"].map((id) => ({ id }));

  it("has a next one when there is one item more than asked for, after the last that is shown", () => {
    const page = pageOf(items, 2);
    expect(page.items).toEqual([{ id: "a" }, { id: "b" }]);
    expect(decodeCursor(page.next_cursor!, z.string())).toBe("b");
  });

  it("is the last when there is none", () => {
    expect(pageOf(items, 3)).toEqual({ items, next_cursor: null });
    expect(pageOf([], 3)).toEqual({ items: [], next_cursor: null });
  });
});

describe("the parameters of a list", () => {
  const parse = (query: object) => z.strictObject(pagingQuery).safeParse(query);

  it("have a limit from 1 to 100, 50 by default", () => {
    expect(parse({}).data).toEqual({ limit: 50 });
    expect(parse({ limit: "1" }).data).toEqual({ limit: 1 });
    expect(parse({ limit: "100" }).data).toEqual({ limit: 100 });
  });

  it.each(["0", "101", "-1", "1.5", "1e2", "", " 5", "ten", "0x10"])("refuse the limit %j", (limit) => {
    expect(parse({ limit }).success).toBe(false);
  });

  it("refuse a cursor that is empty or longer than any of ours", () => {
    expect(parse({ cursor: "" }).success).toBe(false);
    expect(parse({ cursor: "a".repeat(401) }).success).toBe(false);
  });
});
