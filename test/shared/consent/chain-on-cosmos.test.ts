import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newestRecord } from "../../../shared/consent/consent-record.ts";
import { listConsent } from "../../../shared/consent/read-records.ts";
import { containers } from "../../../shared/ports/containers.ts";
import type { DocumentStore } from "../../../shared/ports/document-store.ts";
import { consentScene, granting } from "../../support/consent-scene.ts";
import { openCosmosStore } from "../../support/cosmos-store.ts";

describe("consent records on Cosmos DB", () => {
  let cosmos: Awaited<ReturnType<typeof openCosmosStore>>;
  let scene: ReturnType<typeof consentScene>;
  beforeAll(async () => {
    cosmos = await openCosmosStore(containers);
    scene = consentScene({ store: cosmos.store as DocumentStore, clock: { now: cosmos.now, at: () => () => undefined } });
  });
  afterAll(() => cosmos.close());

  it("form one chain, whoever writes it at once, and are listed newest first", async () => {
    const processes = [scene.newProcess(), scene.newProcess(), scene.newProcess()];
    await Promise.all(
      Array.from({ length: 12 }, (_, at) => processes[at % 3]!("tenant", "visitor", granting({ analytics: at % 2 === 0 }))),
    );
    expect(await scene.verify("tenant", "visitor")).toEqual({ valid: true, records: 12 });
    const sequencesBefore = async (limit: number, before?: number) =>
      (await listConsent(scene.ports)("tenant", "visitor", limit, before)).map(({ record }) => record.sequence);
    expect(await sequencesBefore(3)).toEqual([12, 11, 10]);
    expect(await sequencesBefore(100, 3)).toEqual([2, 1]);
  });

  it("are found by any visitor id, and by no other", async () => {
    const ids = ["a/b", "a\\b", "a?b", "a#b", "a|b", " a", "a", "\0", "é", "e\u0301", "😀".repeat(100)];
    const append = scene.newProcess();
    for (const id of ids) {
      await append("odd", id, granting({ analytics: true }));
    }
    for (const id of ids) {
      expect(await newestRecord(scene.ports.store, "odd", id)).toMatchObject({ visitor_id: id, sequence: 1 });
      expect(await scene.verify("odd", id)).toEqual({ valid: true, records: 1 });
    }
  });

  it("show that one is missing", async () => {
    const append = scene.newProcess();
    for (let at = 0; at < 3; at++) {
      await append("short", "visitor", granting({ analytics: true }));
    }
    const [, second] = await scene.documentsOf("short", "visitor");
    await scene.ports.store.delete("consent-records", second!.pk, second!.id);
    expect(await scene.verify("short", "visitor")).toEqual({ valid: false, records: 2, broken_at: 2, reason: "missing" });
  });
});
