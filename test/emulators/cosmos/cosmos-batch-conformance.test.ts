import { randomUUID } from "node:crypto";
import type { Container, OperationInput } from "@azure/cosmos";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CosmosTarget, openTarget } from "./cosmos-target.ts";

let target: CosmosTarget;
let container: Container;
let pk: string;
beforeAll(async () => {
  target = await openTarget();
  ({ container } = await target.database.containers.create({ id: "items", partitionKey: "/pk" }));
}, 60_000);
beforeEach(() => {
  pk = randomUUID();
});
afterAll(() => target.close());

const create = (id: string): OperationInput => ({ operationType: "Create", resourceBody: { id, pk } });
const statusesOf = (results: readonly { statusCode: number }[] = []) => results.map(({ statusCode }) => statusCode);

describe("a transactional batch", () => {
  it("does operations of every kind, one after the other", async () => {
    await container.items.create({ id: "old", pk, n: 1 });

    const { code, result } = await container.items.batch(
      [
        create("new"),
        { operationType: "Upsert", resourceBody: { id: "both", pk } },
        { operationType: "Replace", id: "old", resourceBody: { id: "old", pk, n: 2 } },
        { operationType: "Patch", id: "old", resourceBody: { operations: [{ op: "incr", path: "/n", value: 1 }] } },
        { operationType: "Read", id: "old" },
        { operationType: "Delete", id: "both" },
      ],
      pk,
    );

    expect(code).toBe(200);
    expect(statusesOf(result)).toEqual([201, 201, 200, 200, 200, 204]);
    expect(result![4]).toMatchObject({ eTag: expect.any(String), resourceBody: { n: 3 } });
  });

  it("207: takes everything back when one operation fails, and says which one", async () => {
    const { resource } = await container.items.create({ id: "taken", pk, n: 1 });

    const { code, result } = await container.items.batch(
      [
        create("new"),
        { operationType: "Patch", id: "taken", resourceBody: { operations: [{ op: "incr", path: "/n", value: 1 }] } },
        create("taken"),
        create("after"),
      ],
      pk,
    );

    expect(code).toBe(207);
    expect(statusesOf(result)).toEqual([424, 424, 409, 424]);
    const { resources } = await container.items.query("SELECT * FROM c", { partitionKey: pk }).fetchAll();
    expect(resources).toEqual([resource]);
  });

  it("takes back deletions", async () => {
    for (const id of ["a", "b", "c"]) await container.items.create({ id, pk });

    const { result } = await container.items.batch([{ operationType: "Delete", id: "b" }, create("a")], pk);

    expect(statusesOf(result)).toEqual([424, 409]);
    expect((await container.item("b", pk).read()).statusCode).toBe(200);
  });

  it("412: compares the etag of each operation", async () => {
    await container.items.create({ id: "1", pk });

    const { result } = await container.items.batch(
      [{ operationType: "Replace", id: "1", ifMatch: '"stale"', resourceBody: { id: "1", pk } }],
      pk,
    );

    expect(statusesOf(result)).toEqual([412]);
  });

  it("leaves the documents out of the results on request, but not the etags", async () => {
    const { result } = await container.items.batch([create("1")], pk, { contentResponseOnWriteEnabled: false });

    expect(result![0]).toMatchObject({ statusCode: 201, eTag: expect.any(String) });
    expect(result![0]).not.toHaveProperty("resourceBody");
  });

  it("has no more than 100 operations", async () => {
    const operations = Array.from({ length: 101 }, (_, n) => create(`${n}`));

    await expect(container.items.batch(operations, pk)).rejects.toThrow(/100/);
  });
});

describe("bulk operations", () => {
  it("creates in many partitions at once", async () => {
    const keys = Array.from({ length: 5 }, () => randomUUID());
    const operations = Array.from({ length: 250 }, (_, n) => {
      const partitionKey = keys[n % keys.length]!;
      return { operationType: "Create", partitionKey, resourceBody: { id: `${n}`, pk: partitionKey } } as const;
    });

    const results = await container.items.executeBulkOperations(operations);

    expect(new Set(results.map(({ response }) => response?.statusCode))).toEqual(new Set([201]));
    for (const partitionKey of keys) {
      expect((await container.items.query("SELECT * FROM c", { partitionKey }).fetchAll()).resources).toHaveLength(50);
    }
  });

  it("tells what became of each operation, and does the others when one fails", async () => {
    const keys = Array.from({ length: 4 }, () => randomUUID());
    for (const key of keys) await container.items.create({ id: "1", pk: key });
    const [taken, read, deleted, patched] = keys as [string, string, string, string];

    const results = await container.items.executeBulkOperations([
      { operationType: "Create", partitionKey: taken, resourceBody: { id: "1", pk: taken } },
      { operationType: "Read", id: "1", partitionKey: read },
      { operationType: "Delete", id: "1", partitionKey: deleted },
      { operationType: "Patch", id: "1", partitionKey: patched, resourceBody: { operations: [{ op: "set", path: "/z", value: 1 }] } },
    ]);

    expect(results.map(({ response, error }) => response?.statusCode ?? error?.code)).toEqual([409, 200, 204, 200]);
    expect((await container.item("1", patched).read()).resource).toMatchObject({ z: 1 });
  });

  it("also works by the older method of the client", async () => {
    const [result] = await container.items.bulk([{ operationType: "Upsert", partitionKey: pk, resourceBody: { id: "1", pk } }]);

    expect(result).toMatchObject({ statusCode: 201 });
  });
});
