import { randomUUID } from "node:crypto";
import { ChangeFeedStartFrom, type Container } from "@azure/cosmos";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type CosmosTarget, openTarget } from "./cosmos-target.ts";

let target: CosmosTarget;
let container: Container;
beforeAll(async () => {
  target = await openTarget();
}, 60_000);
beforeEach(async () => {
  ({ container } = await target.database.containers.create({ id: randomUUID(), partitionKey: "/pk" }));
  const items = Array.from({ length: 60 }, (_, n) => ({ id: `i${n}`, pk: `p${n % 6}`, n }));
  await Promise.all(items.map((item) => container.items.create(item)));
});
afterAll(() => target.close());

/** The changes up to the present end of the feed, and where that is. */
async function readChanges(changeFeedStartFrom: ChangeFeedStartFrom, maxItemCount = 20) {
  const iterator = container.items.getChangeFeedIterator<{ id: string; n: number }>({ changeFeedStartFrom, maxItemCount });
  const changes: { id: string; n: number }[] = [];
  for (;;) {
    const { statusCode, result, continuationToken } = await iterator.readNext();
    if (statusCode === 304) return { changes, continuationToken };
    expect(result.length).toBeLessThanOrEqual(maxItemCount);
    changes.push(...result);
  }
}

it("gives every item from the beginning, then only what has changed since", async () => {
  const { changes, continuationToken } = await readChanges(ChangeFeedStartFrom.Beginning());
  expect(new Set(changes.map(({ id }) => id)).size).toBe(60);
  expect(changes).toHaveLength(60);

  await container.items.upsert({ id: "i0", pk: "p0", n: 1000 });

  const since = await readChanges(ChangeFeedStartFrom.Continuation(continuationToken));
  expect(since.changes).toMatchObject([{ id: "i0", n: 1000 }]);
});

it("gives the latest version of an item only", async () => {
  for (const n of [1000, 2000]) await container.items.upsert({ id: "i5", pk: "p5", n });

  const { changes } = await readChanges(ChangeFeedStartFrom.Beginning("p5"));

  expect(changes.filter(({ id }) => id === "i5")).toMatchObject([{ n: 2000 }]);
});

it("gives one partition in the order of its writes", async () => {
  await container.items.upsert({ id: "i4", pk: "p4", n: 1000 });
  await container.items.upsert({ id: "i10", pk: "p4", n: 2000 });

  const { changes } = await readChanges(ChangeFeedStartFrom.Beginning("p4"), 3);

  expect(changes).toHaveLength(10);
  expect(changes.slice(-2).map(({ n }) => n)).toEqual([1000, 2000]);
});

it("starts from now", async () => {
  const iterator = container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Now() });
  expect((await iterator.readNext()).statusCode).toBe(304);

  await container.items.upsert({ id: "i1", pk: "p1", n: 1000 });

  const changes: { id: string }[] = [];
  // One answer for each physical partition.
  for (let n = 0; n < 10; n++) changes.push(...((await iterator.readNext()).result ?? []));
  expect(changes).toMatchObject([{ id: "i1" }]);
});
