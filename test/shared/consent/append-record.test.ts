import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appendRecord } from "../../../shared/consent/append-record.ts";
import { type ConsentHead, consentPartition, headId, newestRecord } from "../../../shared/consent/consent-record.ts";
import type { DocumentStore } from "../../../shared/ports/document-store.ts";
import { type ConsentScene, granting, openConsentScene } from "../../support/consent-scene.ts";
import { type Fate, Killed, mortalProcess } from "../../support/mortal-process.ts";

const tenant = "tenant";
const visitor = "visitor";

describe("appendRecord", () => {
  let scene: ConsentScene;
  beforeEach(() => {
    scene = openConsentScene();
  });
  afterEach(() => scene.close());

  /** A store where somebody else records first, so many times. */
  const contested = (times: number): DocumentStore => {
    let left = times;
    const rival = scene.newProcess();
    return new Proxy(scene.ports.store, {
      get: (target, method: keyof DocumentStore) =>
        method !== "batch"
          ? target[method].bind(target)
          : async (...asked: Parameters<DocumentStore["batch"]>) => {
              if (left-- > 0) {
                await rival(tenant, visitor, granting({ analytics: false }));
              }
              return target.batch(...asked);
            },
    });
  };

  it("decides again on what others recorded in between", async () => {
    const append = appendRecord({ ...scene.ports, store: contested(3) }, scene.signer);
    const seen: (number | undefined)[] = [];
    const { record } = await append(tenant, visitor, (previous, now) => {
      seen.push(previous?.sequence);
      return granting({ analytics: true })(previous, now);
    });
    expect(seen).toEqual([undefined, 1, 2, 3]);
    expect(record.sequence).toBe(4);
    expect(await scene.verify(tenant, visitor)).toEqual({ valid: true, records: 4 });
  });

  it("409: gives up when others win again and again", async () => {
    const append = appendRecord({ ...scene.ports, store: contested(1_000) }, scene.signer);
    await expect(append(tenant, visitor, granting({ analytics: true }))).rejects.toMatchObject({ code: "conflict" });
    expect(await newestRecord(scene.ports.store, tenant, visitor)).toMatchObject({ decisions: { analytics: false } });
  });

  it("refuses nobody, however many record for a visitor at once", async () => {
    const append = scene.newProcess();
    await Promise.all(Array.from({ length: 60 }, () => append(tenant, visitor, granting({ analytics: true }))));
    expect(await scene.verify(tenant, visitor)).toEqual({ valid: true, records: 60 });
  });

  it("lets the next one record after one that failed", async () => {
    const append = scene.newProcess();
    const failing = append(tenant, visitor, () => {
      throw new Error("refused");
    });
    const following = append(tenant, visitor, granting({ analytics: true }));
    await expect(failing).rejects.toThrow("refused");
    expect((await following).record.sequence).toBe(1);
  });

  it.each<[Fate, string, number]>([
    ["before", "store.get", 1],
    ["before", "store.batch", 1],
    ["after", "store.batch", 2],
  ])("leaves a whole chain when it dies %s %s", async (fate, at, records) => {
    await scene.newProcess()(tenant, visitor, granting({ analytics: true }));
    const process = mortalProcess((step) => (step === at ? fate : "never"));
    const append = appendRecord({ ...scene.ports, store: process.wrap(scene.ports.store, "store") }, scene.signer);
    await expect(append(tenant, visitor, granting({ analytics: false }))).rejects.toThrow(Killed);
    expect(await scene.verify(tenant, visitor)).toEqual({ valid: true, records });
    await scene.newProcess()(tenant, visitor, granting({ analytics: false }));
    expect(await scene.verify(tenant, visitor)).toEqual({ valid: true, records: records + 1 });
  });

  it("records nothing that it can't sign", async () => {
    const append = appendRecord(scene.ports, { sign: () => Promise.reject(new Error("no key")) });
    await expect(append(tenant, visitor, granting({ analytics: true }))).rejects.toThrow("no key");
    expect(await newestRecord(scene.ports.store, tenant, visitor)).toBeUndefined();
  });

  it("never lets a record of another tenant, or of another visitor, be the newest", async () => {
    const append = scene.newProcess();
    const all = [
      ["one", "two"],
      ["one|two", ""],
      ["one", "two|"],
      ["one|", "two"],
    ] as const;
    for (const [of, who] of all) {
      await append(of, who, granting({ analytics: true }));
    }
    for (const [of, who] of all) {
      expect(await newestRecord(scene.ports.store, of, who)).toMatchObject({ tenant_id: of, visitor_id: who, sequence: 1 });
      const { document } = (await scene.ports.store.get<ConsentHead>("consent-records", consentPartition(of, who), headId))!;
      expect(document.record.tenant_id).toBe(of);
    }
  });
});
