import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ActiveConsentConfig } from "../../../shared/consent/consent-config.ts";
import type { ConsentCategory } from "../../../shared/consent/gate.ts";
import type { DocumentStore } from "../../../shared/ports/document-store.ts";
import { type ConsentConfigScene, openConsentConfigScene } from "../../support/consent-config-scene.ts";

const sinceOf = (active: ActiveConsentConfig | undefined) =>
  Object.fromEntries(Object.entries(active!.categories).map(([name, { since_version }]) => [name, since_version]));

describe("publishing a consent config", () => {
  let scene: ConsentConfigScene;
  beforeEach(() => {
    scene = openConsentConfigScene();
  });
  afterEach(() => scene.close());

  it("makes the content version 1, and what the gate reads", async () => {
    const { id } = await scene.make({ consent_expiry_days: 90, texts: { sv: { title: "Kakor" } } });
    expect(await scene.active()).toBeUndefined();
    await scene.clock.advance(60_000);
    const config = await scene.publish(id);
    const published_at = "2026-01-01T00:01:00.000Z";
    expect(config).toMatchObject({ status: "active", version: 1, has_unpublished_changes: false, updated_at: published_at });
    const active = await scene.active();
    expect(active).toMatchObject({
      id: "active",
      pk: "tenant-a",
      type: "active",
      tenant_id: "tenant-a",
      config_id: id,
      version: 1,
      consent_expiry_days: 90,
      respect_do_not_track: true,
      do_not_track_scope: "all",
      geo_targeting_enabled: false,
      default_language: "en",
      texts: { sv: { title: "Kakor" } },
      published_at,
      published_by: "key:1",
    });
    expect(sinceOf(active)).toEqual({ necessary: 1, functional: 1, analytics: 1, marketing: 1 });
    const [version] = await scene.versions(id);
    expect(version).toEqual({ ...active, id: `${id}:1`, type: "version" });
    expect((await scene.get(id)).document).toEqual(config);
  });

  it("leaves what visitors see alone until then", async () => {
    const { id } = await scene.make();
    await scene.publish(id);
    const before = await scene.active();
    await scene.patch(id, { consent_expiry_days: 10 });
    expect(await scene.active()).toEqual(before);
    await scene.publish(id);
    expect(await scene.active()).toMatchObject({ version: 2, consent_expiry_days: 10 });
    expect((await scene.versions(id)).map(({ version, consent_expiry_days }) => [version, consent_expiry_days])).toEqual([
      [2, 10],
      [1, 180],
    ]);
  });

  it.each<[string, object, ConsentCategory[], object]>([
    ["another text", { texts: { en: { title: "New" } } }, [], {}],
    ["a shorter expiry", { consent_expiry_days: 1 }, [], {}],
    ["a category's other description", { categories: { analytics: { description: "Other" } } }, [], {}],
    ["a cookie less", { categories: { analytics: { cookie_names: ["_ga"] } } }, [], {}],
    ["the same cookies in another order", { categories: { analytics: { cookie_names: ["_gid", "_ga"] } } }, [], {}],
    ["a category that is not asked for any more", { categories: { analytics: { enabled: false } } }, [], {}],
    ["a cookie more", { categories: { analytics: { cookie_names: ["_ga", "_gid", "_gat"] } } }, [], { analytics: 2 }],
    ["another cookie", { categories: { analytics: { cookie_names: ["_ga", "_pk"] } } }, [], { analytics: 2 }],
    ["a category that was not asked for before", { categories: { marketing: { enabled: true } } }, [], { marketing: 2 }],
    ["nothing but the wish", {}, ["functional", "analytics"], { functional: 2, analytics: 2 }],
    ["a text, and the wish", { texts: { en: { title: "New" } } }, ["analytics"], { analytics: 2 }],
  ])("with %s makes earlier consents count as missing where that is a new purpose: %j", async (_, patch, renew, renewed) => {
    const { id } = await scene.make({ categories: { analytics: { cookie_names: ["_ga", "_gid"] }, marketing: { enabled: false } } });
    await scene.publish(id);
    if (Object.keys(patch).length > 0) {
      await scene.patch(id, { ...patch });
    }
    expect((await scene.publish(id, renew)).version).toBe(2);
    expect(sinceOf(await scene.active())).toEqual({ necessary: 1, functional: 1, analytics: 1, marketing: 1, ...renewed });
  });

  it("carries over from when on consents count, through versions that change nothing of it", async () => {
    const { id } = await scene.make();
    await scene.publish(id);
    await scene.publish(id, ["analytics"]);
    await scene.patch(id, { categories: { marketing: { enabled: false } } });
    await scene.publish(id);
    await scene.patch(id, { display_name: "Fourth" });
    await scene.publish(id);
    await scene.patch(id, { categories: { marketing: { enabled: true } } });
    await scene.publish(id);
    expect(sinceOf(await scene.active())).toEqual({ necessary: 1, functional: 1, analytics: 2, marketing: 5 });
    const [, fourth, , second] = await scene.versions(id);
    expect([fourth!.display_name, fourth!.categories.marketing.since_version]).toEqual(["Fourth", 1]);
    expect([second!.version, second!.categories.analytics.since_version]).toEqual([2, 2]);
  });

  it("of another config archives the one before; all of its categories begin anew", async () => {
    const [first, second] = [await scene.make(), await scene.make()];
    await scene.publish(first.id);
    await scene.publish(first.id, ["analytics"]);
    await scene.clock.advance(1_000);
    await scene.publish(second.id);
    expect(await scene.active()).toMatchObject({ config_id: second.id, version: 1 });
    expect(sinceOf(await scene.active())).toEqual({ necessary: 1, functional: 1, analytics: 1, marketing: 1 });
    const { document } = await scene.get(first.id);
    expect(document).toMatchObject({ status: "archived", version: 2, updated_at: "2026-01-01T00:00:01.000Z" });
    expect((await scene.versions(first.id)).map(({ version }) => version)).toEqual([2, 1]);
  });

  it("409: refuses what is archived, for good", async () => {
    const { id } = await scene.make();
    await scene.archive(id);
    await expect(scene.publish(id)).rejects.toMatchObject({
      code: "transition-not-allowed",
      extensions: { config_status: "archived", allowed_statuses: [] },
    });
    expect(await scene.active()).toBeUndefined();
  });

  it("409: refuses to make a version of what has not changed, or was changed back", async () => {
    const { id } = await scene.make({ texts: { sv: { title: "Kakor" } } });
    await scene.publish(id);
    await expect(scene.publish(id)).rejects.toMatchObject({ code: "conflict" });
    expect((await scene.patch(id, { display_name: "Other", texts: { sv: null } })).has_unpublished_changes).toBe(true);
    expect((await scene.patch(id, { display_name: "Banner", texts: { sv: { title: "Kakor" } } })).has_unpublished_changes).toBe(false);
    await expect(scene.publish(id)).rejects.toMatchObject({ code: "conflict" });
    expect(await scene.versions(id)).toHaveLength(1);
  });

  it("404: of a config of another tenant, or of what is no config", async () => {
    const { id } = await scene.make();
    await scene.publish(id);
    const theirs = scene.over(scene, "tenant-b");
    for (const name of [id, "none"]) {
      await expect(theirs.publish(name)).rejects.toMatchObject({ code: "not-found" });
    }
    for (const name of ["active", `${id}:1`]) {
      await expect(scene.publish(name, ["analytics"])).rejects.toMatchObject({ code: "not-found" });
    }
    expect(await theirs.active()).toBeUndefined();
    expect((await scene.get(id)).document.version).toBe(1);
  });

  describe("at the same time", () => {
    /** Somebody else's whole request happens just before the first write of ours. */
    const interrupted = (by: () => Promise<unknown>) => {
      let isFirst = true;
      const store: DocumentStore = new Proxy(scene.store, {
        get: (target, name: keyof DocumentStore) =>
          name === "batch"
            ? async (...args: Parameters<DocumentStore["batch"]>) => {
                if (isFirst) {
                  isFirst = false;
                  await by();
                }
                return target.batch(...args);
              }
            : (target[name] as () => unknown).bind(target),
      });
      return scene.over({ store, clock: scene.clock });
    };

    it("one of ten wins, and no number is given twice", async () => {
      const { id } = await scene.make();
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => scene.publish(id)));
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const result of results) {
        if (result.status === "rejected") {
          expect(result.reason).toMatchObject({ code: "conflict" });
        }
      }
      expect((await scene.versions(id)).map(({ version }) => version)).toEqual([1]);
    });

    it("the later of two is told, with If-Match by its tag", async () => {
      const { id } = await scene.make();
      const { etag } = await scene.get(id);
      await expect(interrupted(() => scene.publish(id)).publish(id)).rejects.toMatchObject({ code: "conflict" });
      const { etag: second } = await scene.get(id);
      await expect(scene.publish(id, ["analytics"], { mayReplace: (tag) => tag === etag })).rejects.toMatchObject({
        code: "precondition-failed",
      });
      const late = interrupted(() => scene.publish(id, ["marketing"]));
      await expect(late.publish(id, ["analytics"], { mayReplace: (tag) => tag === second })).rejects.toMatchObject({
        code: "precondition-failed",
      });
      expect(await scene.active()).toMatchObject({
        version: 2,
        categories: { analytics: { since_version: 1 }, marketing: { since_version: 2 } },
      });
    });

    it("never publishes what its caller has not seen", async () => {
      const { id } = await scene.make();
      await expect(interrupted(() => scene.patch(id, { display_name: "Unseen" })).publish(id)).rejects.toMatchObject({ code: "conflict" });
      expect(await scene.active()).toBeUndefined();
      expect((await scene.get(id)).document).toMatchObject({ status: "draft", version: 0, content: { display_name: "Unseen" } });
    });

    it("two configs: never are both active, nor is the gate's copy another's than the active one's", async () => {
      const [first, second] = [await scene.make(), await scene.make()];
      await expect(interrupted(() => scene.publish(second.id)).publish(first.id)).rejects.toMatchObject({ code: "conflict" });
      expect(await scene.active()).toMatchObject({ config_id: second.id });
      expect((await scene.get(first.id)).document.status).toBe("draft");
      await scene.publish(first.id);
      expect((await scene.get(second.id)).document.status).toBe("archived");
    });

    it("with its archiving: it stays archived, and no copy is left for the gate", async () => {
      const { id } = await scene.make();
      await scene.publish(id);
      await expect(interrupted(() => scene.archive(id)).publish(id, ["analytics"])).rejects.toMatchObject({ code: "conflict" });
      expect(await scene.active()).toBeUndefined();
      const other = await scene.make();
      await scene.publish(other.id);
      await interrupted(() => scene.publish(other.id, ["analytics"])).archive(other.id);
      expect(await scene.active()).toBeUndefined();
      expect((await scene.get(other.id)).document).toMatchObject({ status: "archived", version: 2 });
    });
  });
});
