import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { status } from "../../support/gateway-in-process.ts";
import { openVerificationScene } from "../../support/verification-scene.ts";

type Scene = ReturnType<typeof openVerificationScene>;
const refused = { code: "verification-failed", extensions: { verification: { result: "failed", answer: { status: 401, body: "no" } } } };

describe.each([
  ["the action", (scene: Scene, id: string, more = {}) => scene.activate(id, more)],
  ["a patch of the status", (scene: Scene, id: string, more = {}) => scene.patch(id, { status: "active" }, more)],
])("activating by %s", (_, activateBy) => {
  let scene: Scene;
  beforeEach(() => {
    scene = openVerificationScene();
  });
  afterEach(() => scene.close());
  const activate = (id: string, more = {}) => activateBy(scene, id, more);

  it.each([
    ["verified", 200],
    ["unverifiable", 204],
  ])("verifies, and goes on where the config is %s", async (result, code) => {
    scene.says(status(code, "{}"));
    const { document } = await activate(await scene.make());
    expect(document).toMatchObject({ status: "active", verification: { result }, status_history: [{ from: "draft", to: "active" }] });
  });

  it("is refused where that fails, which is kept; nothing else is changed", async () => {
    const id = await scene.make();
    const before = (await scene.stored(id)).document;
    scene.says(status(401, "no"));
    await expect(activate(id)).rejects.toMatchObject(refused);
    expect((await scene.stored(id)).document).toEqual({ ...before, verification: refusedVerification() });
  });

  it("goes on by force where that fails, and keeps that it did", async () => {
    scene.says(status(401, "no"));
    const { document } = await activate(await scene.make(), { force: true });
    expect(document).toMatchObject({ status: "active", verification: { result: "failed" } });
  });

  it("asks nothing of the provider for a transition that is not allowed", async () => {
    const id = await scene.make();
    await activate(id);
    scene.says(status(401, "no"));
    await expect(activate(id, { force: true })).rejects.toMatchObject({ code: "transition-not-allowed" });
    expect(scene.asked).toHaveLength(1);
    expect((await scene.stored(id)).document).toMatchObject({ status: "active", verification: { result: "verified" } });
  });

  it("asks nothing for a version that is not the newest any more, or while the vault can't answer", async () => {
    const id = await scene.make();
    await expect(activate(id, { mayReplace: () => false })).rejects.toMatchObject({ code: "precondition-failed" });
    scene.vault.isDown = true;
    await expect(activate(id, { force: true })).rejects.toMatchObject({ code: "store-unavailable" });
    expect(scene.asked).toEqual([]);
    expect((await scene.stored(id)).document.status).toBe("draft");
  });

  it("verifies again after a pause", async () => {
    const id = await scene.make();
    await activate(id);
    await scene.pause(id);
    scene.says(status(401, "no"));
    await expect(activate(id)).rejects.toMatchObject(refused);
    expect((await scene.stored(id)).document).toMatchObject({ status: "paused", verification: { result: "failed" } });
  });

  it("twice at once: one wins, the other is not allowed any more", async () => {
    const id = await scene.make();
    const results = await Promise.allSettled([activate(id), activate(id)]);
    const codes = results.map((result) => (result.status === "fulfilled" ? "" : (result.reason as { code: string }).code)).sort();
    expect(codes).toEqual(["", "transition-not-allowed"]);
    expect((await scene.stored(id)).document.status_history).toHaveLength(1);
  });

  it("twice at once where it fails: both are refused", async () => {
    const id = await scene.make();
    scene.says(status(401, "no"));
    const results = await Promise.allSettled([activate(id), activate(id)]);
    expect(results).toMatchObject([{ reason: refused }, { reason: refused }]);
    expect((await scene.stored(id)).document).toMatchObject({ status: "draft", verification: refusedVerification() });
  });

  it("is a conflict where what was verified is changed meanwhile", async () => {
    const id = await scene.make();
    scene.scene.answer = async () => {
      await scene.patch(id, { site: "b" });
      return status(200, "{}");
    };
    await expect(activate(id)).rejects.toMatchObject({ code: "conflict" });
    expect((await scene.stored(id)).document).toMatchObject({ status: "draft", settings: { site: "b" } });
  });

  it("goes on from what else was changed meanwhile", async () => {
    const id = await scene.make();
    scene.scene.answer = async () => {
      await scene.patch(id, { display_name: "Club" });
      return status(200, "{}");
    };
    expect((await activate(id)).document).toMatchObject({ status: "active", display_name: "Club" });
    expect(scene.asked).toHaveLength(1);
  });
});

describe("a patch that changes settings and activates", () => {
  it("verifies the settings as they would be, and changes nothing where that fails", async () => {
    const scene = openVerificationScene();
    const id = await scene.make();
    const before = await scene.stored(id);
    scene.scene.answer = async ({ url }) => status(url === "https://good.example" ? 200 : 401, "{}");
    await expect(scene.patch(id, { status: "active", endpoint: "https://bad.example" })).rejects.toMatchObject({
      code: "verification-failed",
    });
    expect(await scene.stored(id)).toEqual(before);
    const { document } = await scene.patch(id, { status: "active", endpoint: "https://good.example" });
    expect(document).toMatchObject({
      status: "active",
      settings: { endpoint: "https://good.example" },
      verification: { result: "verified" },
    });
    await scene.close();
  });
});

const refusedVerification = () => ({
  result: "failed",
  detail: "the token [REDACTED_SECRET] is refused",
  answer: { status: 401, body: "no" },
  verified_at: "2026-01-01T00:00:00.000Z",
});
