import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { queueSettings } from "../../../shared/composition/queue-settings.ts";
import { containers } from "../../../shared/ports/containers.ts";
import { eachTenant } from "../../../shared/tenants/each-tenant.ts";
import { tenantsPartition } from "../../../shared/tenants/tenant.ts";
import { openTestStore } from "../../support/embedded-store.ts";

describe("work for each tenant", () => {
  let open: ReturnType<typeof openTestStore>;
  const ids = Array.from({ length: 40 }, (_, at) => `tenant-${String(at).padStart(2, "0")}`);
  beforeEach(async () => {
    open = openTestStore(containers, queueSettings);
    await Promise.all(ids.map((id) => open.store.create("tenants", { id, pk: tenantsPartition })));
  });
  afterEach(() => open.close());

  it("is done once for each, some of them at the same time", async () => {
    const done: string[] = [];
    let running = 0;
    let most = 0;
    await eachTenant(open, async ({ id }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      done.push(id);
    });
    expect(done.sort()).toEqual(ids);
    expect(most).toBe(16);
  });

  it("is done for the others too when one's fails, and then says so", async () => {
    const done: string[] = [];
    const work = eachTenant(open, async ({ id }) => {
      if (id === "tenant-03") {
        throw new Error("not this one");
      }
      done.push(id);
    });
    await expect(work).rejects.toThrow("not this one");
    expect(done.sort()).toEqual(ids.filter((id) => id !== "tenant-03"));
  });

  it("is none where there is nobody", async () => {
    await Promise.all(ids.map((id) => open.store.delete("tenants", tenantsPartition, id)));
    await eachTenant(open, () => Promise.reject(new Error("nobody is there")));
  });
});
