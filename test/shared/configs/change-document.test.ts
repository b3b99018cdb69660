import { describe, expect, it } from "vitest";
import { changeDocument } from "../../../shared/configs/change-document.ts";
import type { Document, Stored } from "../../../shared/ports/document-store.ts";

interface Counter extends Document {
  readonly count: number;
}

/** A document that somebody else changes just before each of our first `interruptions` writes. */
function contested(interruptions: number) {
  let stored: Stored<Counter> = { document: { id: "a", pk: "t", count: 0 }, etag: "0" };
  let left = interruptions;
  const put = (document: Counter) => {
    stored = { document, etag: String(Number(stored.etag) + 1) };
    return stored;
  };
  return {
    now: () => stored,
    change: (
      mayReplace: (etag: string) => boolean = () => true,
      edit = (document: Counter): Counter => ({ ...document, count: document.count + 1 }),
    ) =>
      changeDocument<Counter>({
        read: async () => stored,
        mayReplace,
        edit,
        write: async (edited, { etag }) => {
          if (left-- > 0) {
            put({ ...stored.document, count: stored.document.count + 100 });
          }
          return etag === stored.etag ? put(edited) : "precondition-failed";
        },
      }),
  };
}

describe("changing a document", () => {
  it("is applied to what others left, however often they come first", async () => {
    const { change, now } = contested(9);
    expect(await change()).toEqual({ document: { id: "a", pk: "t", count: 901 }, etag: "10" });
    expect(now().document.count).toBe(901);
  });

  it("409: gives up when others never stop", async () => {
    const { change, now } = contested(10);
    await expect(change()).rejects.toMatchObject({ code: "conflict" });
    expect(now().document.count).toBe(1_000);
  });

  it("412: is not applied to a version that the caller has not seen, also when it came in between", async () => {
    await expect(contested(0).change((etag) => etag === "7")).rejects.toMatchObject({ code: "precondition-failed" });
    const { change, now } = contested(1);
    await expect(change((etag) => etag === "0")).rejects.toMatchObject({ code: "precondition-failed" });
    expect(now().document.count).toBe(100);
  });

  it("writes nothing when there is nothing to change", async () => {
    const { change, now } = contested(0);
    expect(await change(undefined, (document) => document)).toEqual(now());
    expect(now().etag).toBe("0");
  });
});
