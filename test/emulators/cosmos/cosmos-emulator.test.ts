import { ChangeFeedStartFrom, type Container, CosmosClient } from "@azure/cosmos";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CosmosEmulator, CosmosEmulatorOptions } from "./cosmos-emulator.ts";
import { type CosmosTarget, openEmulated } from "./cosmos-target.ts";

let target: CosmosTarget & { readonly emulator: CosmosEmulator };
let emulator: CosmosEmulator;
let container: Container;
async function open(options?: CosmosEmulatorOptions) {
  target = await openEmulated(options);
  emulator = target.emulator;
  ({ container } = await target.database.containers.create({ id: "items", partitionKey: "/pk", defaultTtl: 100 }));
}
beforeEach(() => open());
afterEach(() => target.close());

/** The container as a client sees it that tries so often again after 429. */
function containerFor(maxRetryAttemptCount: number): Container {
  const retryOptions = { maxRetryAttemptCount, fixedRetryIntervalInMilliseconds: 1, maxWaitTimeInSeconds: 1 };
  const client = target.openClient({ connectionPolicy: { retryOptions } });
  return client.database(target.database.id).container("items");
}

const item = { id: "1", pk: "a" };
const read = async () => (await container.item("1", "a").read()).statusCode;

describe("429", () => {
  it("is got over by the client's own retry when there are few", async () => {
    emulator.inject({ kind: "throttled", retryAfterMs: 1, operation: "create", times: 2 });

    expect((await containerFor(2).items.create(item)).statusCode).toBe(201);

    expect(emulator.requestCount("create")).toBe(3);
  });

  it("says when to come back", async () => {
    emulator.inject({ kind: "throttled", retryAfterMs: 7000 });

    await expect(containerFor(0).items.create(item)).rejects.toMatchObject({ code: 429, retryAfterInMs: 7000 });

    expect(await read()).toBe(404);
  });

  it("strikes until it is cleared", async () => {
    emulator.inject({ kind: "throttled", retryAfterMs: 1, times: "until-cleared" });
    for (let n = 0; n < 3; n++) await expect(containerFor(0).items.upsert(item)).rejects.toMatchObject({ code: 429 });

    emulator.clearFaults();

    expect((await container.items.upsert(item)).statusCode).toBe(201);
  });

  it("strikes a whole batch", async () => {
    emulator.inject({ kind: "throttled", retryAfterMs: 1, operation: "batch" });
    const operations = [{ operationType: "Create", resourceBody: item } as const];

    await expect(containerFor(0).items.batch(operations, "a")).rejects.toMatchObject({ cause: { code: 429 } });

    expect(await read()).toBe(404);
  });
});

describe("ended connections", () => {
  it("leave nothing behind before the write", async () => {
    emulator.inject({ kind: "drop-before", operation: "create" });

    await expect(container.items.create(item)).rejects.toMatchObject({ code: "ECONNRESET" });

    expect(await read()).toBe(404);
  });

  it("leave the item behind after the write", async () => {
    emulator.inject({ kind: "drop-after", operation: "create" });

    await expect(container.items.create(item)).rejects.toMatchObject({ code: "ECONNRESET" });

    expect(await read()).toBe(200);
  });

  it("are got over by the client when it reads", async () => {
    await container.items.create(item);
    emulator.inject({ kind: "drop-before", operation: "read" });

    expect(await read()).toBe(200);
  });
});

describe("other faults", () => {
  it("answer with any status, for the operation they are aimed at", async () => {
    emulator.inject({ kind: "status", status: 503, operation: "replace", times: "until-cleared" });
    emulator.inject({ kind: "status", status: 449, operation: "delete" });
    await container.items.create(item);

    await expect(containerFor(0).item("1", "a").replace(item)).rejects.toMatchObject({ code: 503 });
    await expect(containerFor(0).item("1", "a").delete()).rejects.toMatchObject({ code: 449 });

    expect(await read()).toBe(200);
  });

  it("strike one container only", async () => {
    const { container: other } = await target.database.containers.create({ id: "other", partitionKey: "/pk" });
    emulator.inject({ kind: "status", status: 403, container: "other" });

    expect((await container.items.create(item)).statusCode).toBe(201);
    await expect(other.items.create(item)).rejects.toMatchObject({ code: 403 });
  });

  it("answer too late for a caller with little patience", async () => {
    emulator.inject({ kind: "delay", delayMs: 600_000, operation: "create" });

    const created = container.items.create(item, { abortSignal: AbortSignal.timeout(50) });

    await expect(created).rejects.toMatchObject({ name: "AbortError" });
  });

  it("answer late to a caller with patience", async () => {
    emulator.inject({ kind: "delay", delayMs: 20 });

    expect((await container.items.create(item)).statusCode).toBe(201);
  });
});

describe("time to live by a moved clock", () => {
  const readTtl = async (id: string) => (await container.item(id, "a").read()).statusCode;

  it("is the container's, the item's, or for ever", async () => {
    await container.items.create({ id: "default", pk: "a" });
    await container.items.create({ id: "own", pk: "a", ttl: 1000 });
    await container.items.create({ id: "never", pk: "a", ttl: -1 });

    await target.pass(98_000);
    expect(await readTtl("default")).toBe(200);
    await target.pass(2000);
    expect(await readTtl("default")).toBe(404);
    await target.pass(900_000);

    expect([await readTtl("own"), await readTtl("never")]).toEqual([404, 200]);
  });

  it("begins again with each write", async () => {
    await container.items.create(item);
    await target.pass(60_000);
    await container.items.upsert(item);
    await target.pass(60_000);

    expect(await read()).toBe(200);
  });

  it("hides items from queries and the change feed", async () => {
    await container.items.create(item);
    await target.pass(100_000);

    expect((await container.items.query("SELECT * FROM c").fetchAll()).resources).toEqual([]);
    expect(
      (await container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning() }).readNext()).statusCode,
    ).toBe(304);
  });

  it("tells queries the time", async () => {
    await container.items.create(item);
    await target.pass(50_000);

    const query = "SELECT VALUE GETCURRENTTIMESTAMP() - c._ts * 1000 FROM c";
    const [age] = (await container.items.query<number>(query).fetchAll()).resources;

    expect(age).toBeGreaterThanOrEqual(50_000);
    expect(age).toBeLessThan(60_000);
  });
});

describe("other settings", () => {
  const reopen = async (options: CosmosEmulatorOptions) => {
    await target.close();
    await open(options);
  };

  it("merge queries in the server", async () => {
    await reopen({ crossPartition: "direct", partitions: 3 });
    for (const pk of ["a", "b", "c"]) await container.items.create({ id: "1", pk });

    expect((await container.items.query("SELECT VALUE COUNT(1) FROM c").fetchAll()).resources).toEqual([3]);
    // Fewer than one for each partition.
    expect(emulator.requestCount("query")).toBeLessThan(3);
  });

  it("take any key", async () => {
    await reopen({ auth: false });
    const stranger = new CosmosClient({ endpoint: emulator.endpoint, key: Buffer.from("any").toString("base64") });

    expect((await stranger.database(target.database.id).read()).statusCode).toBe(200);
    stranger.dispose();
  });
});
