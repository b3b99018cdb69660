import { randomUUID } from "node:crypto";
import { PartitionKeyDefinitionVersion, PartitionKeyKind } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CosmosTarget, openTarget } from "./cosmos-target.ts";

let target: CosmosTarget;
beforeAll(async () => {
  target = await openTarget();
}, 60_000);
afterAll(() => target.close());

describe("an account", () => {
  it("describes itself", async () => {
    expect((await target.client.getDatabaseAccount()).resource).toBeDefined();
  });

  it("401: turns away a wrong key", async () => {
    const stranger = target.openClient({ key: Buffer.from("nope").toString("base64") });

    await expect(stranger.database(target.database.id).read()).rejects.toMatchObject({ code: 401 });
  });
});

describe("databases", () => {
  it("409: creates a database once", async () => {
    await expect(target.client.databases.create({ id: target.database.id })).rejects.toMatchObject({ code: 409 });
  });

  it("finds a database that is already there", async () => {
    expect((await target.client.databases.createIfNotExists({ id: target.database.id })).statusCode).toBe(200);
  });

  it("lists the databases", async () => {
    const { resources } = await target.client.databases.readAll().fetchAll();

    expect(resources.map(({ id }) => id)).toContain(target.database.id);
  });

  it("404: forgets a deleted database and its containers", async () => {
    const { database } = await target.client.databases.create({ id: `deleted-${randomUUID()}` });
    const { container } = await database.containers.create({ id: "items", partitionKey: "/pk" });

    expect((await database.delete()).statusCode).toBe(204);

    await expect(database.read()).rejects.toMatchObject({ code: 404 });
    await expect(container.read()).rejects.toMatchObject({ code: 404 });
  });
});

describe("containers", () => {
  const policies = {
    partitionKey: { paths: ["/pk"], version: PartitionKeyDefinitionVersion.V2, kind: PartitionKeyKind.Hash },
    defaultTtl: -1,
    indexingPolicy: {
      indexingMode: "consistent",
      automatic: true,
      includedPaths: [{ path: "/pk/?" }],
      excludedPaths: [{ path: "/*" }],
      compositeIndexes: [
        [
          { path: "/a", order: "ascending" },
          { path: "/b", order: "descending" },
        ],
      ],
    },
    uniqueKeyPolicy: { uniqueKeys: [{ paths: ["/email"] }] },
  } as const;

  it("keeps partition key, time to live, indexing policy and unique keys", async () => {
    const created = await target.database.containers.create({ id: "kept", ...structuredClone(policies) } as object);
    const read = await created.container.read();

    expect(created.statusCode).toBe(201);
    for (const { resource } of [created, read]) {
      expect(resource).toMatchObject({ id: "kept", partitionKey: { paths: ["/pk"] }, defaultTtl: -1 });
      expect(resource).toMatchObject({ uniqueKeyPolicy: policies.uniqueKeyPolicy });
      expect(resource!.indexingPolicy!.excludedPaths!.map(({ path }) => path)).toContain("/*");
    }
  });

  it("changes the time to live", async () => {
    const { container, resource } = await target.database.containers.create({ id: "changed", partitionKey: "/pk", defaultTtl: -1 });

    await container.replace({ ...resource!, defaultTtl: 3600 });

    expect((await container.read()).resource!.defaultTtl).toBe(3600);
  });

  it("400: keeps the partition key", async () => {
    const { container, resource } = await target.database.containers.create({ id: "fixed", partitionKey: "/pk" });

    await expect(container.replace({ ...resource!, partitionKey: { paths: ["/other"] } })).rejects.toMatchObject({ code: 400 });
  });

  it("409: creates a container once, though it may be asked for again", async () => {
    const definition = { id: "once", partitionKey: "/pk" };
    await target.database.containers.create(definition);

    expect((await target.database.containers.createIfNotExists(definition)).statusCode).toBe(200);
    await expect(target.database.containers.create(definition)).rejects.toMatchObject({ code: 409 });
  });

  it("has partition keys of several levels", async () => {
    const partitionKey = { paths: ["/tenant", "/user"], kind: PartitionKeyKind.MultiHash, version: PartitionKeyDefinitionVersion.V2 };

    const { resource } = await target.database.containers.create({ id: "hierarchical", partitionKey });

    expect(resource!.partitionKey!.paths).toEqual(["/tenant", "/user"]);
  });

  it("tells the throughput it was created with", async () => {
    const { container } = await target.database.containers.create({ id: "throughput", partitionKey: "/pk", throughput: 400 });

    expect((await container.readOffer()).resource!.content!.offerThroughput).toBe(400);
  });

  it("tells its physical partitions and feed ranges", async () => {
    const { container } = await target.database.containers.create({ id: "ranges", partitionKey: "/pk" });

    const { resources } = await container.readPartitionKeyRanges().fetchAll();

    expect(resources[0]!.minInclusive).toBe("");
    expect(await container.getFeedRanges()).toHaveLength(resources.length);
  });

  it("404: knows neither containers that never were nor deleted ones", async () => {
    const { container } = await target.database.containers.create({ id: "deleted", partitionKey: "/pk" });

    expect((await container.delete()).statusCode).toBe(204);

    await expect(container.read()).rejects.toMatchObject({ code: 404 });
    await expect(target.database.container("never").read()).rejects.toMatchObject({ code: 404 });
  });
});
