import { randomUUID } from "node:crypto";
import { type Container, PartitionKeyKind } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CosmosTarget, openTarget } from "./cosmos-target.ts";

let target: CosmosTarget;
let container: Container;
beforeAll(async () => {
  target = await openTarget();
  const uniqueKeyPolicy = { uniqueKeys: [{ paths: ["/email"] }] };
  ({ container } = await target.database.containers.create({ id: "items", partitionKey: "/pk", defaultTtl: -1, uniqueKeyPolicy }));
}, 60_000);
afterAll(() => target.close());

/** An item that no other test knows, in a partition of its own. */
const newItem = (properties: object = {}) => ({ id: "1", pk: randomUUID(), email: "a@example.org", ...properties });

async function createItem(properties: object = {}) {
  const item = newItem(properties);
  const { etag } = await container.items.create(item);
  return { item, etag, ref: container.item(item.id, item.pk) };
}

const ifMatch = (condition: string) => ({ accessCondition: { type: "IfMatch", condition } });
const stale = ifMatch('"stale"');

describe("creating", () => {
  it("201: stores an item, and tells its etag, its time and the charge", async () => {
    const item = newItem({ n: 1 });

    const { statusCode, resource, etag, requestCharge } = await container.items.create(item);

    expect(statusCode).toBe(201);
    expect(resource).toMatchObject({ ...item, _etag: etag, _ts: expect.any(Number), _rid: expect.any(String) });
    expect(requestCharge).toBeGreaterThan(0);
  });

  it("409: takes an id once in each partition", async () => {
    const { item } = await createItem();

    await expect(container.items.create({ ...item, email: "other@example.org" })).rejects.toMatchObject({ code: 409 });
    expect((await container.items.create({ ...item, pk: randomUUID() })).statusCode).toBe(201);
  });

  it("409: takes a unique key once in each partition, and again when its item is gone", async () => {
    const { item, ref } = await createItem();
    const other = { ...item, id: "2" };

    await expect(container.items.create(other)).rejects.toMatchObject({ code: 409 });

    await ref.delete();
    expect((await container.items.create(other)).statusCode).toBe(201);
  });

  it("gives an id to an item without", async () => {
    const { resource } = await container.items.create({ pk: randomUUID() });

    expect(resource).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it("keeps ids with special characters and any text", async () => {
    const { item, ref } = await createItem({ id: "a b+c%é:=@", text: "\u2028 ✓" });

    expect((await ref.read()).resource).toMatchObject(item);
  });

  it("400: refuses a time to live that is none", async () => {
    await expect(container.items.create(newItem({ ttl: 0 }))).rejects.toMatchObject({ code: 400 });
  });

  it("413: refuses an item of more than 2 MB", async () => {
    await expect(container.items.create(newItem({ text: "x".repeat(2_200_000) }))).rejects.toMatchObject({ code: 413 });
  });
});

describe("reading", () => {
  it("finds an item by its partition and id", async () => {
    const { item } = await createItem({ n: 1 });
    const twin = { ...item, pk: randomUUID(), n: 2 };
    await container.items.create(twin);

    expect((await container.item(item.id, item.pk).read()).resource).toMatchObject(item);
    expect((await container.item(twin.id, twin.pk).read()).resource).toMatchObject(twin);
  });

  it("404: finds nothing under another id or in another partition, without throwing", async () => {
    const { item } = await createItem();

    for (const ref of [container.item("other", item.pk), container.item(item.id, randomUUID())]) {
      expect(await ref.read()).toMatchObject({ statusCode: 404, resource: undefined });
    }
  });

  it("304: sends nothing that the reader has already", async () => {
    const { ref, etag } = await createItem();

    const { statusCode } = await ref.read({ accessCondition: { type: "IfNoneMatch", condition: etag } });

    expect(statusCode).toBe(304);
  });

  it("tells null, numbers and a missing value apart as partition keys", async () => {
    const id = randomUUID();
    const keys = [null, 5, "5", undefined] as const;

    for (const pk of keys) await container.items.create({ id, pk, email: id });

    for (const pk of keys) expect((await container.item(id, pk).read()).resource).toMatchObject(pk === undefined ? { id } : { id, pk });
  });
});

describe("replacing and upserting", () => {
  it("upserts a new item with 201 and an existing one with 200", async () => {
    const item = newItem({ n: 1 });

    expect(await container.items.upsert(item)).toMatchObject({ statusCode: 201 });
    expect(await container.items.upsert({ ...item, n: 2 })).toMatchObject({ statusCode: 200, resource: { n: 2 } });
  });

  it("changes the etag when it replaces an item that the writer knows", async () => {
    const { item, ref, etag } = await createItem({ n: 1 });

    const replaced = await ref.replace({ ...item, n: 2 }, ifMatch(etag));

    expect(replaced.resource).toMatchObject({ n: 2 });
    expect(replaced.etag).not.toBe(etag);
  });

  it("412: leaves an item that has changed since", async () => {
    const { item, ref } = await createItem({ n: 1 });
    const next = { ...item, n: 2 };

    await expect(ref.replace(next, stale)).rejects.toMatchObject({ code: 412 });
    await expect(container.items.upsert(next, stale)).rejects.toMatchObject({ code: 412 });
    await expect(ref.delete(stale)).rejects.toMatchObject({ code: 412 });
    await expect(ref.patch([{ op: "set", path: "/n", value: 2 }], stale)).rejects.toMatchObject({ code: 412 });

    expect((await ref.read()).resource).toMatchObject(item);
  });

  it("404: replaces only what is there", async () => {
    const item = newItem();

    await expect(container.item(item.id, item.pk).replace(item)).rejects.toMatchObject({ code: 404 });
  });

  it("204: deletes an item, then 404", async () => {
    const { ref } = await createItem();

    expect((await ref.delete()).statusCode).toBe(204);
    await expect(ref.delete()).rejects.toMatchObject({ code: 404 });
  });
});

describe("time to live", () => {
  it("ends an item that has one, for readers, queries and unique keys", async () => {
    const { item, ref } = await createItem({ ttl: 1 });
    expect((await ref.read()).statusCode).toBe(200);

    await target.pass(2000);

    expect((await ref.read()).statusCode).toBe(404);
    expect((await container.items.query("SELECT * FROM c", { partitionKey: item.pk }).fetchAll()).resources).toEqual([]);
    expect((await container.items.create({ ...item, id: "2" })).statusCode).toBe(201);
  });
});

describe("partition keys of several levels", () => {
  it("finds items by the whole key or by a prefix", async () => {
    const partitionKey = { paths: ["/tenant", "/user"], kind: PartitionKeyKind.MultiHash, version: 2 };
    const { container: levels } = await target.database.containers.create({ id: "levels", partitionKey });
    const items = [
      { id: "d", tenant: "t1", user: "u1" },
      { id: "d", tenant: "t1", user: "u2" },
      { id: "d", tenant: "t2", user: "u1" },
    ];
    for (const item of items) await levels.items.create(item);
    const count = async (partitionKey: string[]) =>
      (await levels.items.query("SELECT * FROM c", { partitionKey }).fetchAll()).resources.length;
    const byTenant = { query: "SELECT * FROM c WHERE c.tenant = @t", parameters: [{ name: "@t", value: "t1" }] };

    expect((await levels.item("d", ["t1", "u2"]).read()).resource).toMatchObject({ user: "u2" });
    expect(await count(["t1", "u1"])).toBe(1);
    expect(await count(["t1"])).toBe(2);
    expect((await levels.items.query(byTenant).fetchAll()).resources).toHaveLength(2);
  });
});
