import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type InsightScene, openInsightScene, reply } from "../../support/insight-scene.ts";

const visitors = [{ id: "one" }];
const nobody = { flags: {} };

describe("choosing the config that is asked", () => {
  let open: InsightScene;
  beforeEach(() => {
    open = openInsightScene();
    open.says(reply(200, nobody));
  });
  afterEach(() => open.close());
  const ask = (config_id?: string, tenant?: string) => open.flags({ visitors, ...(config_id === undefined ? {} : { config_id }) }, tenant);
  const asked = () => open.requests.map(({ headers }) => headers["authorization"]);

  it("takes the only active one that is enabled", async () => {
    await open.enabled("config-1");
    await open.enabled("config-2", { flags_on: false });
    await open.enabled("config-3", {}, { status: "paused" });
    await open.enabled("config-4", {}, { provider: "other" });
    await ask();
    expect(open.requests).toHaveLength(1);
  });

  it("takes the one that is named, where several could answer", async () => {
    open.secretValues.set("second-token", "the second's");
    await open.enabled("config-1");
    await open.enabled("config-2", {}, { credentials: { token_ref: "second-token" } });
    await expect(ask()).rejects.toMatchObject({ code: "body-invalid", extensions: { pointer: "/config_id" } });
    await ask("config-2");
    expect(asked()).toEqual(["the second's"]);
  });

  it("422: names no config that is another tenant's, another provider's or none at all", async () => {
    await open.enabled("config-1");
    await open.enabled("config-2", {}, { provider: "other" });
    const refusal = { code: "body-invalid", detail: "/config_id: no config of this provider has this id" };
    await expect(ask("config-1", "tenant-b")).rejects.toMatchObject(refusal);
    await expect(ask("config-2")).rejects.toMatchObject(refusal);
    await expect(ask("none")).rejects.toMatchObject(refusal);
  });

  it("404: there is no active one; 409: the one that is named is not active", async () => {
    await expect(ask()).rejects.toMatchObject({ code: "not-found" });
    await open.enabled("config-1", {}, { status: "paused" });
    await expect(ask()).rejects.toMatchObject({ code: "not-found" });
    await expect(ask("config-1")).rejects.toMatchObject({ code: "conflict", detail: expect.stringContaining("paused") });
  });

  it("409: names the setting that is off", async () => {
    await open.enabled("config-1", { flags_on: false });
    const refusal = { code: "feature-disabled", extensions: { pointer: "/flags_on", config_id: "config-1" } };
    await expect(ask()).rejects.toMatchObject(refusal);
    await expect(ask("config-1")).rejects.toMatchObject(refusal);
    await open.enabled("config-2", { flags_on: false });
    await expect(ask()).rejects.toMatchObject({ code: "feature-disabled" });
  });
});
