import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { activeConfigs, listConfigs, providerOfConfig, requireConfig } from "../../../shared/configs/read-configs.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";

describe("reading configs", () => {
  let scene: DeliveryScene;
  beforeEach(async () => {
    scene = openDeliveryScene();
    await scene.config("a", { status: "draft" });
    await scene.config("b");
    await scene.config("c", { status: "decommissioned" });
    await scene.config("d", { provider: "elsewhere" });
    await scene.config("e", { status: "decommissioned" });
    await scene.config("f", { status: "paused" });
    await scene.config("g");
    await scene.config("theirs", { pk: "tenant-b", tenant_id: "tenant-b" });
  });
  afterEach(() => scene.close());

  const list = async (options: Parameters<ReturnType<typeof listConfigs>>[2]) =>
    (await listConfigs(scene)("tenant-a", "acme", options)).map(({ document }) => document.id);

  it("lists a tenant's configs of one provider without the decommissioned, however small the pages", async () => {
    for (const limit of [1, 2, 3, 100]) {
      const all: string[] = [];
      for (let after: string | undefined; ; after = all.at(-1)) {
        const page = await list({ limit, after });
        all.push(...page);
        if (page.length < limit) {
          break;
        }
      }
      expect(all).toEqual(["a", "b", "f", "g"]);
    }
  });

  it("lists those of one status, decommissioned too when asked for", async () => {
    expect(await list({ limit: 10, status: "active" })).toEqual(["b", "g"]);
    expect(await list({ limit: 10, status: "decommissioned" })).toEqual(["c", "e"]);
    expect(await list({ limit: 10, status: "error" })).toEqual([]);
  });

  it("finds the active ones of every provider, of this tenant only", async () => {
    expect((await activeConfigs(scene, "tenant-a")).map(({ id }) => id)).toEqual(["b", "d", "g"]);
    expect(await activeConfigs(scene, "tenant-c")).toEqual([]);
  });

  it("404: for one of another provider or tenant", async () => {
    expect((await requireConfig(scene, "tenant-a", "acme", "a")).document.id).toBe("a");
    await expect(requireConfig(scene, "tenant-a", "acme", "d")).rejects.toMatchObject({ code: "not-found" });
    await expect(requireConfig(scene, "tenant-a", "acme", "theirs")).rejects.toMatchObject({ code: "not-found" });
  });

  it("knows the provider of a tenant's own configs only", async () => {
    expect(await providerOfConfig(scene)("tenant-a", "d")).toBe("elsewhere");
    expect(await providerOfConfig(scene)("tenant-a", "theirs")).toBeUndefined();
  });
});
