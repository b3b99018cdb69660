import type { Container, FeedOptions, SqlQuerySpec } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CosmosTarget, openTarget } from "./cosmos-target.ts";
import { createQueryContainer, queryItems } from "./query-items.ts";

let target: CosmosTarget;
let container: Container;
beforeAll(async () => {
  target = await openTarget();
  container = await createQueryContainer(target.database);
}, 60_000);
afterAll(() => target.close());

const all = async (query: string | SqlQuerySpec, options: FeedOptions = {}): Promise<unknown[]> =>
  (await container.items.query(query, options).fetchAll()).resources;

const inPartition = (partitionKey: string) => ({ partitionKey });
const ids = (wanted: (item: (typeof queryItems)[number]) => boolean) => queryItems.filter(wanted).map(({ id }) => id);
const range = (length: number, toNumber: (n: number) => number) => Array.from({ length }, (_, n) => toNumber(n));
const ascending = (values: unknown[]) => (values as number[]).sort((a, b) => a - b);

describe("filters", () => {
  it.each<[string, string, (item: (typeof queryItems)[number]) => boolean]>([
    ["comparisons", "c.n < 10", ({ n }) => n < 10],
    ["a boolean alone", "c.even", ({ even }) => even],
    ["AND, OR and NOT", "NOT c.even AND (c.n < 5 OR c.n > 295)", ({ n, even }) => !even && (n < 5 || n > 295)],
    ["IN", "c.pk IN ('p0', 'p1') AND NOT c.even", ({ pk }) => pk === "p1"],
    ["NOT IN", "c.pk NOT IN ('p0', 'p1', 'p2', 'p3')", ({ pk }) => pk > "p3"],
    ["BETWEEN", "c.n BETWEEN 3 AND 8", ({ n }) => n >= 3 && n <= 8],
    ["LIKE", "c.text LIKE 's00%'", ({ n }) => n < 10],
    ["LIKE with a single character", "c.text LIKE 's_05'", ({ n }) => n % 100 === 5],
    ["STARTSWITH and CONTAINS", "STARTSWITH(c.text, 's0') AND CONTAINS(c.text, '99')", ({ n }) => n === 99],
    ["ARRAY_CONTAINS", "ARRAY_CONTAINS(c.tags, 'y') AND c.n BETWEEN 0 AND 8", ({ n }) => n % 3 === 0 && n < 9],
    ["EXISTS", "EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = 'y')", ({ tags }) => tags.includes("y")],
    ["arithmetic", "c.n % 50 = 2 * 3 + 1", ({ n }) => n % 50 === 7],
    ["IS_DEFINED", "IS_DEFINED(c.optional)", ({ optional }) => optional !== undefined],
    ["a missing property is not null", "c.optional = null", () => false],
    ["a missing property is not unequal either", "c.optional != 7", ({ optional }) => optional !== undefined && optional !== 7],
    ["values of different types have no order", "c.text > 5", () => false],
  ])("understands %s: %s", async (_, where, isWanted) => {
    expect((await all(`SELECT VALUE c.id FROM c WHERE ${where}`)).sort()).toEqual(ids(isWanted).sort());
  });

  it("takes parameters of any type", async () => {
    const parameters = [
      { name: "@ids", value: ["i1", "i2", "zz"] },
      { name: "@least", value: 2 },
    ];

    const query = "SELECT VALUE c.n FROM c WHERE ARRAY_CONTAINS(@ids, c.id) AND c.n >= @least";

    expect(await all({ query, parameters })).toEqual([2]);
  });

  it("sees one partition only, if it is told which one", async () => {
    const query = { query: "SELECT VALUE c.n FROM c WHERE c.n >= @n", parameters: [{ name: "@n", value: 290 }] };

    expect(await all(query, inPartition("p0"))).toEqual([294]);
    expect(await all("SELECT * FROM c", inPartition("p1"))).toHaveLength(50);
    expect(await all("SELECT * FROM c", inPartition("none"))).toEqual([]);
  });

  it("400: refuses what is no query", async () => {
    await expect(all("SELEC * FRM c", inPartition("p0"))).rejects.toMatchObject({ code: 400 });
    await expect(all("SELECT * FROM c WHERE NOFUNCTION(c.n)", inPartition("p0"))).rejects.toMatchObject({ code: 400 });
  });
});

describe("results", () => {
  it("are made from expressions", async () => {
    const query = "SELECT VALUE {k: c.pk || '-' || c.id, e: c.even ? 1 : 2, d: c.optional ?? -1} FROM c WHERE c.n = 1";

    expect(await all(query)).toEqual([{ k: "p1-i1", e: 2, d: -1 }]);
  });

  it("have names, and leave out what is missing", async () => {
    expect(await all("SELECT c.n, c.inner.deep AS d, c.optional FROM c WHERE c.n = 1")).toEqual([{ n: 1, d: 1 }]);
  });

  it("come once for each element of a joined array", async () => {
    const rows = await all("SELECT c.id, t AS tag FROM c JOIN t IN c.tags WHERE c.n = 3");

    expect(rows).toEqual([
      { id: "i3", tag: "x" },
      { id: "i3", tag: "y" },
    ]);
  });

  it("are all items for readAll", async () => {
    expect((await container.items.readAll().fetchAll()).resources).toHaveLength(300);
  });

  it("have a charge", async () => {
    expect((await container.items.query("SELECT * FROM c", inPartition("p0")).fetchAll()).requestCharge).toBeGreaterThan(0);
  });
});

describe("order", () => {
  it("holds within a partition", async () => {
    expect(await all("SELECT VALUE c.n FROM c ORDER BY c.n DESC", inPartition("p2"))).toEqual(range(50, (n) => 296 - n * 6));
    expect(await all("SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 2 LIMIT 2", inPartition("p0"))).toEqual([12, 18]);
  });

  it("holds across partitions", async () => {
    expect(await all("SELECT VALUE c.n FROM c WHERE c.n < 100 ORDER BY c.n DESC")).toEqual(range(100, (n) => 99 - n));
    expect(await all("SELECT TOP 3 VALUE c.n FROM c ORDER BY c.n DESC")).toEqual([299, 298, 297]);
    expect(await all("SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 10 LIMIT 5")).toEqual([10, 11, 12, 13, 14]);
  });

  it("goes by several keys where there is a composite index, in its direction or the opposite one", async () => {
    const rows = await all("SELECT c.inner.deep AS d, c.n FROM c WHERE c.n < 40 ORDER BY c.inner.deep ASC, c.n DESC");
    const reverse = await all("SELECT c.inner.deep AS d, c.n FROM c WHERE c.n < 40 ORDER BY c.inner.deep DESC, c.n ASC");

    expect(rows.slice(0, 5).map((row) => (row as { n: number }).n)).toEqual([30, 20, 10, 0, 31]);
    expect(reverse).toEqual([...rows].reverse());
  });

  it.each([
    ["several keys without a composite index", "c.text, c.n"],
    ["several keys in other directions than the composite index", "c.inner.deep, c.n"],
    ["a path without an index", "c.tags"],
  ])("400: refuses %s", async (_, keys) => {
    await expect(all(`SELECT c.n FROM c ORDER BY ${keys}`, inPartition("p0"))).rejects.toMatchObject({ code: 400 });
  });
});

describe("aggregates", () => {
  it("are counted within a partition and across", async () => {
    expect(await all("SELECT VALUE COUNT(1) FROM c", inPartition("p0"))).toEqual([50]);
    expect(await all("SELECT VALUE COUNT(1) FROM c WHERE c.even")).toEqual([150]);
    expect(await all("SELECT VALUE COUNT(1) FROM c", inPartition("none"))).toEqual([0]);
  });

  it.each([
    ["SUM", 44_850],
    ["AVG", 149.5],
    ["MIN", 0],
    ["MAX", 299],
  ])("merge across partitions: %s", async (name, expected) => {
    expect(await all(`SELECT VALUE ${name}(c.n) FROM c`)).toEqual([expected]);
  });

  it("have names within a partition, but not across", async () => {
    const query = "SELECT COUNT(1) AS k, SUM(c.n) AS total FROM c";

    expect(await all(query, inPartition("p0"))).toEqual([{ k: 50, total: 7350 }]);
    await expect(all(query)).rejects.toThrow(/VALUE/);
  });

  it("go by groups", async () => {
    const groups = await all("SELECT c.pk, COUNT(1) AS k, MAX(c.n) AS m FROM c GROUP BY c.pk");

    expect(groups).toHaveLength(6);
    expect(groups).toContainEqual({ pk: "p5", k: 50, m: 299 });
    expect(await all("SELECT c.even, COUNT(1) AS k FROM c GROUP BY c.even", inPartition("p1"))).toEqual([{ even: false, k: 50 }]);
  });

  it("tell distinct values", async () => {
    expect(await all("SELECT DISTINCT VALUE c.even FROM c", inPartition("p1"))).toEqual([false]);
    const deep = (await all("SELECT DISTINCT c.inner.deep FROM c")).map((row) => (row as { deep: number }).deep);
    expect(ascending(deep)).toEqual(range(10, (n) => n));
  });
});
