import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DocumentStore } from "../../shared/ports/document-store.ts";
import { newPartition, type StoreHarness, type Thing, thing } from "./document-store-harness.ts";

/** What every document store promises of queries and of time to live. */
export function documentQueryContract(name: string, open: () => Promise<StoreHarness>): void {
  describe(`DocumentStore contract, queries and expiry: ${name}`, () => {
    let harness: StoreHarness;
    let store: DocumentStore<string>;
    beforeAll(async () => {
      harness = await open();
      store = harness.store;
    });
    afterAll(() => harness.close());

    describe("queries", () => {
      const ranked = async (count: number, kind = "k") => {
        const pk = newPartition();
        for (let from = 0; from < count; from += 100) {
          const ids = Array.from({ length: Math.min(100, count - from) }, (_, n) => from + n);
          await store.batch(
            "things",
            pk,
            ids.map((n) => ({ type: "create" as const, document: thing(pk, `id${String(n).padStart(4, "0")}`, { kind, rank: n % 50 }) })),
          );
        }
        return pk;
      };
      const kindIs = (value: string) => ({ path: "kind", op: "eq" as const, value });

      it("find by equality and range, in order, in one partition", async () => {
        const pk = await ranked(20);
        await ranked(20);
        const page = await store.query<Thing>("things", pk, {
          where: [kindIs("k"), { path: "rank", op: "gte", value: 5 }, { path: "rank", op: "lt", value: 8 }],
          orderBy: { path: "rank", direction: "desc" },
          limit: 10,
        });
        expect(page.items.map(({ document }) => document.rank)).toEqual([7, 6, 5]);
        expect(page.continuation).toBeUndefined();
      });

      it("find any of several values", async () => {
        const pk = newPartition();
        for (const [id, kind] of [
          ["a", "x"],
          ["b", "y"],
          ["c", "z"],
          ["d", "x"],
        ] as const) {
          await store.create("things", thing(pk, id, { kind }));
        }
        const page = await store.query<Thing>("things", pk, {
          where: [{ path: "kind", op: "in", value: ["x", "z"] }],
          orderBy: { path: "id", direction: "desc" },
          limit: 10,
        });
        expect(page.items.map(({ document }) => document.id)).toEqual(["d", "c", "a"]);
      });

      it.each(["asc", "desc"] as const)("page through everything once, %s, although others write in between", async (direction) => {
        const pk = await ranked(230);
        const seen: string[] = [];
        let continuation: string | undefined;
        do {
          const page = await store.query<Thing>("things", pk, {
            where: [kindIs("k")],
            orderBy: { path: "rank", direction },
            limit: 37,
            ...(continuation === undefined ? {} : { continuation }),
          });
          seen.push(...page.items.map(({ document }) => document.id));
          continuation = page.continuation;
          await store.upsert("things", thing(pk, "other", { kind: "unrelated", rank: seen.length }));
        } while (continuation !== undefined);
        expect(seen).toHaveLength(230);
        expect(new Set(seen).size).toBe(230);
      });

      it("see what was just written, and not what was just deleted or no longer matches", async () => {
        const pk = newPartition();
        await store.create("things", thing(pk, "a", { kind: "k", rank: 1 }));
        await store.create("things", thing(pk, "b", { kind: "k", rank: 2 }));
        await store.create("things", thing(pk, "c", { kind: "k", rank: 3 }));
        await store.delete("things", pk, "a");
        await store.patch("things", pk, "b", { set: { kind: "other" } });
        const page = await store.query<Thing>("things", pk, {
          where: [kindIs("k")],
          orderBy: { path: "rank", direction: "asc" },
          limit: 10,
        });
        expect(page.items.map(({ document }) => document.id)).toEqual(["c"]);
      });

      it("leave out documents without the fields, and refuse paths that no index holds", async () => {
        const pk = newPartition();
        await store.create("things", thing(pk, "a", { kind: "k" }));
        const page = await store.query("things", pk, { where: [kindIs("k")], orderBy: { path: "rank", direction: "asc" }, limit: 10 });
        expect(page.items).toEqual([]);
        await expect(store.query("things", pk, { where: [], orderBy: { path: "note", direction: "asc" }, limit: 10 })).rejects.toThrow();
      });
    });

    describe("time to live", () => {
      it("hides a document when its own ttl is over, and frees its id", async () => {
        const pk = newPartition();
        await store.create("things", thing(pk, "short", { kind: "t", rank: 1, ttl: 10 }));
        await store.create("things", thing(pk, "long", { kind: "t", rank: 2 }));
        await harness.advance(11_000);
        expect(await store.get("things", pk, "short")).toBeUndefined();
        const page = await store.query<Thing>("things", pk, {
          where: [{ path: "kind", op: "eq", value: "t" }],
          orderBy: { path: "rank", direction: "asc" },
          limit: 10,
        });
        expect(page.items.map(({ document }) => document.id)).toEqual(["long"]);
        expect(typeof (await store.create("things", thing(pk, "short")))).toBe("object");
      });

      it("counts from the last write, follows the container's default, and -1 means never", async () => {
        const pk = newPartition();
        await store.create("fleeting", { id: "default", pk });
        await store.create("fleeting", { id: "renewed", pk });
        await store.create("fleeting", { id: "forever", pk, ttl: -1 });
        await harness.advance(40_000);
        await store.upsert("fleeting", { id: "renewed", pk });
        await harness.advance(40_000);
        expect(await store.get("fleeting", pk, "default")).toBeUndefined();
        expect(await store.get("fleeting", pk, "renewed")).toBeDefined();
        expect(await store.get("fleeting", pk, "forever")).toBeDefined();
      });
    });
  });
}
