import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Config } from "../../../shared/configs/config.ts";
import { moveByGateway } from "../../../shared/configs/move-config.ts";
import type { DocumentStore } from "../../../shared/ports/document-store.ts";
import { openTestStore } from "../../support/embedded-store.ts";

const before = "2025-12-31T00:00:00.000Z";
const config = {
  ...{ id: "one", pk: "tenant-a", tenant_id: "tenant-a", provider: "acme", status: "active", status_history: [], updated_at: before },
} as unknown as Config;

describe("a config that the gateway moves", () => {
  let open: ReturnType<typeof openTestStore>;
  beforeEach(async () => {
    open = openTestStore();
    await open.store.create("configs", config);
  });
  afterEach(() => open.close());

  const stored = async () => (await open.store.get<Config>("configs", "tenant-a", "one"))!.document;

  it("says so in its history, with the reason, and keeps the time of its tenant's last change", async () => {
    const moved = await moveByGateway(open, config, "error", "the vault has gone");
    const at = new Date(open.now()).toISOString();
    const reason = "the vault has gone";
    expect(moved).toEqual(await stored());
    expect(moved).toMatchObject({ status: "error", status_reason: reason, updated_at: before });
    expect(moved!.status_history).toEqual([{ from: "active", to: "error", at, by: "gateway", reason }]);
    expect(await moveByGateway(open, moved!, "active", "it works")).toMatchObject({ status: "active", status_reason: "it works" });
  });

  it.each<[string, Partial<Config>]>([
    ["its tenant moved it meanwhile", { status: "paused" }],
    ["it was moved there already", { status: "error" }],
    ["its tenant changed something else", { updated_at: "2025-12-31T00:00:01.000Z" }],
  ])("stays as it is when %s", async (_, change) => {
    await open.store.upsert("configs", { ...config, ...change });
    expect(await moveByGateway(open, config, "error", "too late")).toBeUndefined();
    expect(await stored()).toEqual({ ...config, ...change });
  });

  it("is moved although somebody else writes at the same time", async () => {
    let writes = 0;
    const store = new Proxy(open.store, {
      get:
        (target, name: keyof DocumentStore) =>
        async (...args: never[]) => {
          if (name === "replace" && writes++ === 0) {
            await open.store.upsert("configs", { ...config, display_name: "another" });
          }
          return (target[name] as (...all: never[]) => unknown).apply(target, args);
        },
    });
    await moveByGateway({ store, clock: open.clock }, config, "error", "broken");
    expect(await stored()).toMatchObject({ status: "error", display_name: "another" });
  });

  it("stays gone", async () => {
    await open.store.delete("configs", "tenant-a", "one");
    expect(await moveByGateway(open, config, "error", "too late")).toBeUndefined();
    expect(await open.store.get("configs", "tenant-a", "one")).toBeUndefined();
  });
});
