import { randomUUID } from "node:crypto";
import type { Container, FeedOptions } from "@azure/cosmos";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CosmosTarget, openTarget } from "./cosmos-target.ts";
import { createQueryContainer } from "./query-items.ts";

let target: CosmosTarget;
let container: Container;
beforeAll(async () => {
  target = await openTarget();
  container = await createQueryContainer(target.database);
}, 60_000);
afterAll(() => target.close());

/** Every page of a query in one partition, each by an iterator of its own. `onPage` is called before the next one is read. */
async function readPages<T>(query: string, options: FeedOptions, onPage: (page: T[]) => Promise<unknown> = async () => {}): Promise<T[][]> {
  const pages: T[][] = [];
  let token: FeedOptions = {};
  for (;;) {
    const { resources, continuationToken } = await container.items.query<T>(query, { ...options, ...token }).fetchNext();
    pages.push(resources);
    if (!continuationToken) return pages;
    token = { continuationToken };
    await onPage(resources);
  }
}

it("goes on in another iterator, in order", async () => {
  const pages = await readPages<number>("SELECT VALUE c.n FROM c ORDER BY c.n", { partitionKey: "p3", maxItemCount: 15 });

  expect(Math.max(...pages.map(({ length }) => length))).toBe(15);
  expect(pages.flat()).toEqual(Array.from({ length: 50 }, (_, n) => n * 6 + 3));
});

it("goes on between the rows of one item", async () => {
  const query = "SELECT VALUE t FROM c JOIN t IN c.tags WHERE c.n IN (0, 6, 12)";

  const pages = await readPages<string>(query, { partitionKey: "p0", maxItemCount: 1 });

  expect(pages.flat()).toEqual(["x", "y", "x", "y", "x", "y"]);
});

it.each(["SELECT * FROM c", "SELECT * FROM c ORDER BY c.n DESC"])(
  "misses nothing when earlier pages are deleted meanwhile: %s",
  async (query) => {
    const pk = randomUUID();
    for (let n = 0; n < 7; n++) await container.items.create({ id: `${n}`, pk, n });

    const pages = await readPages<{ id: string }>(query, { partitionKey: pk, maxItemCount: 2 }, (page) =>
      Promise.all(page.map(({ id }) => container.item(id, pk).delete())),
    );

    expect(
      pages
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  },
);

it("covers a partition by asynchronous iteration", async () => {
  const seen: unknown[] = [];
  for await (const { resources } of container.items.query("SELECT * FROM c", { partitionKey: "p3", maxItemCount: 20 }).getAsyncIterator()) {
    expect(resources.length).toBeLessThanOrEqual(20);
    seen.push(...resources);
  }

  expect(seen).toHaveLength(50);
});

it("covers all partitions", async () => {
  const iterator = container.items.query<string>("SELECT VALUE c.id FROM c WHERE IS_DEFINED(c.tags)", { maxItemCount: 40 });
  const seen: string[] = [];
  while (iterator.hasMoreResults()) seen.push(...((await iterator.fetchNext()).resources ?? []));

  expect(seen).toHaveLength(300);
  expect(new Set(seen).size).toBe(300);
});
