import { randomUUID } from "node:crypto";
import type { Container, PatchRequestBody } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CosmosTarget, openTarget } from "./cosmos-target.ts";

let target: CosmosTarget;
let container: Container;
beforeAll(async () => {
  target = await openTarget();
  const uniqueKeyPolicy = { uniqueKeys: [{ paths: ["/email"] }] };
  ({ container } = await target.database.containers.create({ id: "items", partitionKey: "/pk", uniqueKeyPolicy }));
}, 60_000);
afterAll(() => target.close());

async function createItem(properties: object = {}) {
  const item = { id: "1", pk: randomUUID(), email: "a@example.org", ...properties };
  const { etag } = await container.items.create(item);
  return { item, etag, ref: container.item(item.id, item.pk) };
}

describe("patching", () => {
  it("sets, adds, increments, removes and replaces", async () => {
    const { ref } = await createItem({ n: 1, array: [1, 3], object: { x: 1 }, gone: true });

    const { resource } = await ref.patch([
      { op: "set", path: "/object/y", value: 2 },
      { op: "add", path: "/array/1", value: 2 },
      { op: "add", path: "/array/-", value: 4 },
      { op: "incr", path: "/n", value: 5 },
      { op: "incr", path: "/fresh", value: 7 },
      { op: "remove", path: "/gone" },
      { op: "replace", path: "/object/x", value: 9 },
    ]);

    expect(resource).toMatchObject({ n: 6, array: [1, 2, 3, 4], object: { x: 9, y: 2 }, fresh: 7 });
    expect(resource).not.toHaveProperty("gone");
  });

  it("moves a value to another path", async () => {
    const { ref } = await createItem({ before: "x" });

    // The client passes it on, though its types do not know it.
    const { resource } = await ref.patch([{ op: "move", from: "/before", path: "/after" }] as unknown as PatchRequestBody);

    expect(resource).toMatchObject({ after: "x" });
    expect(resource).not.toHaveProperty("before");
  });

  it.each<[string, PatchRequestBody]>([
    ["replaces only a path that exists", [{ op: "replace", path: "/missing/x", value: 1 }]],
    ["removes only a path that exists", [{ op: "remove", path: "/missing" }]],
    ["increments only numbers", [{ op: "incr", path: "/email", value: 1 }]],
    ["takes no more than 10 operations", Array.from({ length: 11 }, (_, n) => ({ op: "set", path: `/p${n}`, value: n }))],
  ])("400: %s, and changes nothing", async (_, operations) => {
    const { item, ref, etag } = await createItem();

    await expect(ref.patch(operations)).rejects.toMatchObject({ code: 400 });

    expect((await ref.read()).resource).toMatchObject({ ...item, _etag: etag });
  });

  it("412: depends on a condition", async () => {
    const { ref } = await createItem({ n: 6 });
    const patchIf = (condition: string) => ref.patch({ condition, operations: [{ op: "set", path: "/n", value: 7 }] });

    await expect(patchIf("from c where c.n = 999")).rejects.toMatchObject({ code: 412 });

    expect((await patchIf("from c where c.n = 6")).resource).toMatchObject({ n: 7 });
  });

  it("409: keeps unique keys unique", async () => {
    const { item } = await createItem();
    await container.items.create({ ...item, id: "2", email: "b@example.org" });

    const patched = container.item("2", item.pk).patch([{ op: "set", path: "/email", value: item.email }]);

    await expect(patched).rejects.toMatchObject({ code: 409 });
  });
});
