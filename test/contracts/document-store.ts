import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document, DocumentStore, Stored } from "../../shared/ports/document-store.ts";
import { documentQueryContract } from "./document-query.ts";
import { newPartition, type StoreHarness, type Thing, thing } from "./document-store-harness.ts";

/** What every document store promises, whatever it is made of. */
export function documentStoreContract(name: string, open: () => Promise<StoreHarness>): void {
  describe(`DocumentStore contract: ${name}`, () => {
    let harness: StoreHarness;
    let store: DocumentStore<string>;
    const etagOf = (stored: Stored<Document> | string | undefined) => (stored as Stored<Document>).etag;

    beforeAll(async () => {
      harness = await open();
      store = harness.store;
    });
    afterAll(() => harness.close());

    it("gives back what was created, with an etag", async () => {
      const pk = newPartition();
      const created = await store.create("things", thing(pk, "a", { note: 'åäö 🎯 \u0000 "quoted"' }));
      const read = await store.get<Thing>("things", pk, "a");
      expect(read?.document).toMatchObject({ id: "a", pk, note: 'åäö 🎯 \u0000 "quoted"' });
      expect(read?.etag).toBe(etagOf(created));
    });

    it("says undefined for a document, a partition or a container's id that isn't there", async () => {
      const pk = newPartition();
      await store.create("things", thing(pk, "a"));
      expect(await store.get("things", pk, "b")).toBeUndefined();
      expect(await store.get("things", newPartition(), "a")).toBeUndefined();
      expect(await store.get("accounts", pk, "a")).toBeUndefined();
    });

    it("says undefined for what no document can be called", async () => {
      const pk = newPartition();
      for (const id of ["", " ", "a/b", "a\\b", "a?b", "a#b", "%2F", "x".repeat(2_000)]) {
        expect(await store.get("things", pk, id)).toBeUndefined();
        expect(await store.delete("things", pk, id)).toBe("not-found");
        expect(await store.patch("things", pk, id, { set: { note: "x" } })).toBe("not-found");
      }
    });

    it("says conflict, and keeps the first value, when the id is taken", async () => {
      const pk = newPartition();
      await store.create("things", thing(pk, "a", { note: "first" }));
      expect(await store.create("things", thing(pk, "a", { note: "second" }))).toBe("conflict");
      expect((await store.get<Thing>("things", pk, "a"))?.document.note).toBe("first");
    });

    it("lets one of fifty racing creates win", async () => {
      const pk = newPartition();
      const results = await Promise.all(Array.from({ length: 50 }, (_, n) => store.create("things", thing(pk, "a", { rank: n }))));
      const winners = results.filter((result) => result !== "conflict");
      expect(winners).toHaveLength(1);
      expect((await store.get<Thing>("things", pk, "a"))?.document.rank).toBe((winners[0] as Stored<Thing>).document.rank);
    });

    it("replaces only the version that the caller saw", async () => {
      const pk = newPartition();
      const first = etagOf(await store.create("things", thing(pk, "a", { note: "1" })));
      const second = await store.replace("things", thing(pk, "a", { note: "2" }), first);
      expect(etagOf(second)).not.toBe(first);
      expect(await store.replace("things", thing(pk, "a", { note: "3" }), first)).toBe("precondition-failed");
      expect(await store.replace("things", thing(pk, "missing"), first)).toBe("not-found");
      expect((await store.get<Thing>("things", pk, "a"))?.document.note).toBe("2");
    });

    it("lets one of twenty racing replaces of the same version win", async () => {
      const pk = newPartition();
      const etag = etagOf(await store.create("things", thing(pk, "a")));
      const results = await Promise.all(Array.from({ length: 20 }, (_, n) => store.replace("things", thing(pk, "a", { rank: n }), etag)));
      expect(results.filter((result) => result === "precondition-failed")).toHaveLength(19);
    });

    it("upserts: makes what is missing, overwrites what is there", async () => {
      const pk = newPartition();
      await store.upsert("things", thing(pk, "a", { note: "made", rank: 1 }));
      await store.upsert("things", thing(pk, "a", { note: "overwritten" }));
      expect((await store.get<Thing>("things", pk, "a"))?.document).toMatchObject({ note: "overwritten" });
      expect((await store.get<Thing>("things", pk, "a"))?.document.rank).toBeUndefined();
    });

    it("deletes, once, and only the version asked for", async () => {
      const pk = newPartition();
      await store.create("things", thing(pk, "a"));
      expect(await store.delete("things", pk, "a", "another-etag")).toBe("precondition-failed");
      expect(await store.delete("things", pk, "a")).toBe("deleted");
      expect(await store.delete("things", pk, "a")).toBe("not-found");
      expect(await store.get("things", pk, "a")).toBeUndefined();
    });

    it("gives a document made anew another etag than the one deleted", async () => {
      const pk = newPartition();
      const first = etagOf(await store.create("things", thing(pk, "a")));
      await store.delete("things", pk, "a");
      expect(etagOf(await store.create("things", thing(pk, "a")))).not.toBe(first);
    });

    it("patches: sets, removes and adds, and leaves the rest", async () => {
      const pk = newPartition();
      await store.create("things", thing(pk, "a", { note: "keep", rank: 5, kind: "old" }));
      const patched = await store.patch<Thing>("things", pk, "a", {
        set: { kind: "new", note: undefined },
        increment: { rank: -2, count: 3 },
      });
      expect((patched as Stored<Thing>).document).toMatchObject({ kind: "new", rank: 3, count: 3 });
      expect((await store.get<Thing>("things", pk, "a"))?.document.note).toBeUndefined();
      expect(etagOf(await store.get("things", pk, "a"))).toBe(etagOf(patched));
    });

    it("refuses to patch another version, or nothing", async () => {
      const pk = newPartition();
      await store.create("things", thing(pk, "a"));
      expect(await store.patch("things", pk, "a", { set: { note: "x" } }, "another-etag")).toBe("precondition-failed");
      expect(await store.patch("things", pk, "missing", { set: { note: "x" } })).toBe("not-found");
    });

    it("loses none of a hundred racing increments", async () => {
      const pk = newPartition();
      await store.create("things", thing(pk, "a"));
      await Promise.all(Array.from({ length: 100 }, () => store.patch("things", pk, "a", { increment: { count: 1 } })));
      expect((await store.get<Thing>("things", pk, "a"))?.document.count).toBe(100);
    });

    it("applies a batch whole", async () => {
      const pk = newPartition();
      const etag = etagOf(await store.create("things", thing(pk, "old", { note: "1" })));
      await store.create("things", thing(pk, "gone"));
      const result = await store.batch("things", pk, [
        { type: "create", document: thing(pk, "new") },
        { type: "replace", document: thing(pk, "old", { note: "2" }), etag },
        { type: "delete", id: "gone" },
        { type: "upsert", document: thing(pk, "either") },
        { type: "patch", id: "new", changes: { set: { note: "patched" } } },
        { type: "increment", initial: thing(pk, "counter", { kind: "counter" }), by: { count: 2 } },
      ]);
      expect(result.applied).toBe(true);
      expect((await store.get<Thing>("things", pk, "new"))?.document.note).toBe("patched");
      expect((await store.get<Thing>("things", pk, "old"))?.document.note).toBe("2");
      expect(await store.get("things", pk, "gone")).toBeUndefined();
      expect((await store.get<Thing>("things", pk, "counter"))?.document).toMatchObject({ kind: "counter", count: 2 });
    });

    it.each([
      ["a taken id", { type: "create", document: thing("", "taken") } as const, "conflict"],
      ["another version", { type: "replace", document: thing("", "taken"), etag: "another-etag" } as const, "precondition-failed"],
      ["a missing document", { type: "patch", id: "missing", changes: { set: { note: "x" } } } as const, "not-found"],
    ])("applies nothing of a batch that meets %s, and says where and why", async (_, operation, reason) => {
      const pk = newPartition();
      await store.create("things", thing(pk, "taken", { note: "first" }));
      const bad = "document" in operation ? { ...operation, document: { ...operation.document, pk } } : operation;
      const result = await store.batch("things", pk, [
        { type: "create", document: thing(pk, "new") },
        { type: "increment", initial: thing(pk, "counter"), by: { count: 1 } },
        bad,
        { type: "upsert", document: thing(pk, "after") },
      ]);
      expect(result).toEqual({ applied: false, index: 2, reason });
      expect(await store.get("things", pk, "new")).toBeUndefined();
      expect(await store.get("things", pk, "counter")).toBeUndefined();
      expect(await store.get("things", pk, "after")).toBeUndefined();
    });

    it("counts every one of fifty racing batches that make and raise the same counter", async () => {
      const pk = newPartition();
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          store.batch("things", pk, [
            { type: "create", document: thing(pk, `doc${n}`) },
            { type: "increment", initial: thing(pk, "counter"), by: { count: 1 } },
          ]),
        ),
      );
      expect(results.every(({ applied }) => applied)).toBe(true);
      expect((await store.get<Thing>("things", pk, "counter"))?.document.count).toBe(50);
    });

    it("raises more counters at once than one patch can change, and sets what rides along, whether the document is there or not", async () => {
      const pk = newPartition();
      const by = Object.fromEntries(Array.from({ length: 23 }, (_, n) => [`counter_${n}`, n + 1]));
      for (const times of [1, 2]) {
        const result = await store.batch("things", pk, [
          { type: "upsert", document: thing(pk, "before") },
          { type: "increment", initial: thing(pk, "counter", { kind: "counter" }), by, set: { note: `${times}` } },
          { type: "upsert", document: thing(pk, "after") },
        ]);
        const counted = Object.fromEntries(Object.entries(by).map(([name, n]) => [name, n * times]));
        const stored = (await store.get<Thing>("things", pk, "counter"))!;
        expect(stored.document).toEqual({ ...thing(pk, "counter", { kind: "counter" }), ...counted, note: `${times}` });
        expect(result).toMatchObject({ applied: true, etags: [expect.any(String), stored.etag, expect.any(String)] });
      }
      const refused = [
        { type: "increment" as const, initial: thing(pk, "counter"), by },
        { type: "delete" as const, id: "missing" },
      ];
      expect(await store.batch("things", pk, refused)).toEqual({ applied: false, index: 1, reason: "not-found" });
      expect((await store.get<Thing>("things", pk, "counter"))?.document).toMatchObject({ counter_0: 2, counter_22: 46 });
    });

    it("refuses a batch over a hundred operations or over two partitions", async () => {
      const pk = newPartition();
      const many = Array.from({ length: 101 }, (_, n) => ({ type: "upsert" as const, document: thing(pk, `d${n}`) }));
      await expect(store.batch("things", pk, many)).rejects.toThrow();
      await expect(store.batch("things", pk, [{ type: "create", document: thing(newPartition(), "x") }])).rejects.toThrow();
      expect(await store.get("things", pk, "d0")).toBeUndefined();
    });

    it("keeps unique keys within a partition, and only there", async () => {
      const [pk, other] = [newPartition(), newPartition()];
      const account = (partition: string, id: string, email: string) => ({ id, pk: partition, email });
      await store.create("accounts", account(pk, "a", "x@example.org"));
      expect(await store.create("accounts", account(pk, "b", "x@example.org"))).toBe("conflict");
      expect(typeof (await store.create("accounts", account(other, "b", "x@example.org")))).toBe("object");
      const b = await store.create("accounts", account(pk, "b", "y@example.org"));
      expect(await store.replace("accounts", account(pk, "b", "x@example.org"), etagOf(b))).toBe("conflict");
      await store.delete("accounts", pk, "a");
      expect(typeof (await store.create("accounts", account(pk, "c", "x@example.org")))).toBe("object");
    });
  });
  documentQueryContract(name, open);
}
