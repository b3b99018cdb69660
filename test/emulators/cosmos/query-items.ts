import type { Container, Database } from "@azure/cosmos";

/** 300 items in the partitions p0 to p5, for queries. */
export const queryItems = Array.from({ length: 300 }, (_, n) => ({
  id: `i${n}`,
  pk: `p${n % 6}`,
  n,
  text: `s${String(n).padStart(3, "0")}`,
  even: n % 2 === 0,
  tags: n % 3 === 0 ? ["x", "y"] : ["x"],
  inner: { deep: n % 10 },
  ...(n % 7 === 0 ? { optional: n } : {}),
}));

/** A container with the items, and a composite index of `/inner/deep` up and `/n` down. */
export async function createQueryContainer(database: Database): Promise<Container> {
  const { container } = await database.containers.create({
    id: "queried",
    partitionKey: "/pk",
    indexingPolicy: {
      includedPaths: [{ path: "/*" }],
      excludedPaths: [{ path: '/"_etag"/?' }, { path: "/tags/*" }],
      compositeIndexes: [
        [
          { path: "/inner/deep", order: "ascending" },
          { path: "/n", order: "descending" },
        ],
      ],
    },
  });
  for (const pk of new Set(queryItems.map((item) => item.pk))) {
    const items = queryItems.filter((item) => item.pk === pk);
    const { code } = await container.items.batch(
      items.map((resourceBody) => ({ operationType: "Create", resourceBody })),
      pk,
    );
    if (code !== 200) throw new Error(`The items of ${pk} were not created: ${code}`);
  }
  return container;
}
