import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ConsentDocument,
  type ConsentRecord,
  consentPartition,
  headId,
  recordHash,
  recordTtl,
} from "../../../shared/consent/consent-record.ts";
import { type ConsentReceipt, signReceipt } from "../../../shared/consent/receipt.ts";
import { openSigner, verifySignature } from "../../../shared/signing/signer.ts";
import { mintSigningKey } from "../../../shared/signing/signing-keys.ts";
import { type ConsentScene, granting, openConsentScene } from "../../support/consent-scene.ts";

const tenant = "tenant";
const visitor = "visitor";
const pk = consentPartition(tenant, visitor);
const dayMs = 86_400_000;
const container = "consent-records";

describe("verifyChain", () => {
  let scene: ConsentScene;
  beforeEach(() => {
    scene = openConsentScene();
  });
  afterEach(() => scene.close());

  const threeRecords = async () => {
    const append = scene.newProcess();
    for (const analytics of [true, false, true]) {
      await append(tenant, visitor, granting({ analytics, marketing: false }));
      await scene.advance(1000);
    }
    return scene.documentsOf(tenant, visitor);
  };
  const overwrite = (document: ConsentDocument) => scene.ports.store.upsert(container, document);
  const remove = (id: string) => scene.ports.store.delete(container, pk, id);
  const verdict = () => scene.verify(tenant, visitor);

  it("finds a chain of records unbroken", async () => {
    await threeRecords();
    expect(await verdict()).toEqual({ valid: true, records: 3 });
  });

  it("404: for a visitor of whom nothing is recorded, and for another tenant's", async () => {
    await threeRecords();
    await expect(scene.verify(tenant, "somebody")).rejects.toMatchObject({ code: "not-found" });
    await expect(scene.verify("other", visitor)).rejects.toMatchObject({ code: "not-found" });
  });

  it("finds every field that was changed, in every record", async () => {
    const documents = await threeRecords();
    for (const [at, document] of documents.entries()) {
      for (const path of leavesOf(document).filter(([first]) => first !== "id" && first !== "pk")) {
        await overwrite(changedAt(document, path));
        expect({ path, ...(await verdict()) }).toMatchObject({ path, valid: false, broken_at: at + 1 });
        await overwrite(document);
      }
    }
    expect(await verdict()).toMatchObject({ valid: true });
  });

  it("finds a record that has a field more or one less", async () => {
    const documents = await threeRecords();
    for (const document of documents) {
      const { revoked: _revoked, ...less } = document.record;
      for (const record of [{ ...document.record, note: 1 }, less as ConsentRecord]) {
        await overwrite({ ...document, record });
        expect(await verdict()).toMatchObject({ valid: false, reason: "altered" });
        await overwrite(document);
      }
    }
  });

  it.each(["record", "signature", "ttl"])("finds a document without its %s", async (field) => {
    const documents = await threeRecords();
    for (const document of documents) {
      await overwrite({ ...document, [field]: undefined as never });
      expect(await verdict()).toMatchObject({ valid: false, broken_at: document.record.sequence });
      await overwrite(document);
    }
  });

  it("finds a record that was changed and hashed again, since only we can sign it", async () => {
    const [, second] = await threeRecords();
    const { hash: _hash, ...record } = { ...second!.record, decisions: { necessary: true, analytics: true, marketing: true } };
    const hashed = { ...record, hash: recordHash(record) };
    await overwrite({ ...second!, record: hashed });
    expect(await verdict()).toEqual({ valid: false, records: 3, broken_at: 2, reason: "unsigned" });
    const forged = await signReceipt(
      openSigner(async () => mintSigningKey()),
      hashed,
    );
    await overwrite({ ...second!, record: hashed, signature: { ...forged, key_id: second!.signature.key_id } });
    expect(await verdict()).toEqual({ valid: false, records: 3, broken_at: 2, reason: "unsigned" });
  });

  it("finds a record of ours that another one of ours replaces", async () => {
    const [, second] = await threeRecords();
    const { hash: _hash, ...record } = { ...second!.record, decisions: { necessary: true, analytics: true, marketing: true } };
    const hashed = { ...record, hash: recordHash(record) };
    await overwrite({ ...second!, record: hashed, signature: await signReceipt(scene.signer, hashed) });
    expect(await verdict()).toEqual({ valid: false, records: 3, broken_at: 3, reason: "unchained" });
  });

  it.each([1, 2, 3])("finds that record %i is missing", async (sequence) => {
    const documents = await threeRecords();
    await remove(documents[sequence - 1]!.id);
    expect(await verdict()).toEqual({ valid: false, records: 2, broken_at: sequence, reason: "missing" });
  });

  it("finds that all records are missing", async () => {
    for (const { id } of await threeRecords()) {
      await remove(id);
    }
    expect(await verdict()).toEqual({ valid: false, records: 0, broken_at: 1, reason: "missing" });
  });

  it("finds records that changed places", async () => {
    const [first, second, third] = await threeRecords();
    await overwrite({ ...second!, id: first!.id });
    await overwrite({ ...first!, id: second!.id });
    expect(await verdict()).toEqual({ valid: false, records: 3, broken_at: 1, reason: "misplaced" });
    await overwrite(first!);
    await overwrite({ ...third!, id: second!.id });
    expect(await verdict()).toEqual({ valid: false, records: 3, broken_at: 2, reason: "misplaced" });
  });

  it("finds a record of another visitor's or tenant's chain", async () => {
    const append = scene.newProcess();
    const [first] = await threeRecords();
    await append(tenant, "somebody", granting({ analytics: true }));
    await append("other", visitor, granting({ analytics: true }));
    for (const [of, who] of [
      [tenant, "somebody"],
      ["other", visitor],
    ] as const) {
      const [foreign] = await scene.documentsOf(of, who);
      await overwrite({ ...foreign!, pk });
      expect(await verdict()).toEqual({ valid: false, records: 3, broken_at: 1, reason: "misplaced" });
    }
    await overwrite(first!);
  });

  it("finds that the newest record is not what the gate would read", async () => {
    await threeRecords();
    const head = await scene.headOf(tenant, visitor);
    for (const path of leavesOf(head).filter(([first]) => first === "record" || first === "signature")) {
      await scene.ports.store.upsert(container, changedAt(head, path));
      expect({ path, ...(await verdict()) }).toMatchObject({ path, valid: false });
    }
    await scene.ports.store.delete(container, pk, headId);
    expect(await verdict()).toEqual({ valid: false, records: 3, broken_at: 3, reason: "newest_differs" });
  });

  it("finds a newest record that was put back to an older one", async () => {
    const append = scene.newProcess();
    await append(tenant, visitor, granting({ analytics: true }));
    const before = await scene.headOf(tenant, visitor);
    await append(tenant, visitor, granting({ analytics: false }));
    await scene.ports.store.upsert(container, before);
    expect(await verdict()).toEqual({ valid: false, records: 2, broken_at: 2, reason: "newest_differs" });
  });

  it("does not miss records whose time has passed, and keeps each as long as those before it", async () => {
    const append = scene.newProcess();
    await append(tenant, visitor, granting({ analytics: true }, 730));
    await append(tenant, visitor, granting({ analytics: true }, 1));
    const [long, short] = await scene.documentsOf(tenant, visitor);
    expect(short!.record.kept_until).toBe(long!.record.kept_until);
    expect(long!.ttl).toBe(recordTtl(long!.record));
    await scene.clock.jump(4 * 365 * dayMs);
    await append(tenant, visitor, granting({ analytics: false }));
    expect(await verdict()).toEqual({ valid: true, records: 3 });

    await scene.clock.jump(2 * 365 * dayMs);

    expect((await scene.documentsOf(tenant, visitor)).map(({ record }) => record.sequence)).toEqual([3]);
    expect(await verdict()).toEqual({ valid: true, records: 1 });
    await append(tenant, visitor, granting({ analytics: true }));
    expect(await verdict()).toEqual({ valid: true, records: 2 });
  });

  it("is whole and has no forks, whoever writes it at once, and each receipt can be checked", async () => {
    const decision = fc.record({
      process: fc.nat(2),
      analytics: fc.boolean(),
      marketing: fc.boolean(),
      visitor: fc.constantFrom("a", "b"),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(decision, { minLength: 1, maxLength: 14 }), async (decisions) => {
        const own = `tenant-${run++}`;
        const processes = [scene.newProcess(), scene.newProcess(), scene.newProcess()];
        const made = await Promise.all(decisions.map(({ process, visitor, ...said }) => processes[process]!(own, visitor, granting(said))));
        for (const who of new Set(decisions.map(({ visitor }) => visitor))) {
          const mine = made.filter(({ record }) => record.visitor_id === who);
          expect(await scene.verify(own, who)).toEqual({ valid: true, records: mine.length });
          const documents = await scene.documentsOf(own, who);
          expect(documents.map(({ record }) => record.sequence)).toEqual(mine.map((_, at) => at + 1));
          expect(new Set(documents.map(({ record }) => record.record_id))).toEqual(new Set(mine.map(({ record }) => record.record_id)));
          expect((await scene.headOf(own, who)).record).toEqual(documents.at(-1)!.record);
        }
        const keys = await scene.signer.publicKeys();
        for (const { receipt } of made) {
          expect(verifySignature(receipt.document, receipt.signature, keys)).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("gives receipts that are void with any field changed", async () => {
    const { receipt } = await scene.newProcess()(tenant, visitor, granting({ analytics: true, marketing: false }));
    const keys = await scene.signer.publicKeys();
    const stays = (one: ConsentReceipt) => verifySignature(one.document, one.signature, keys);
    expect(stays(receipt)).toBe(true);
    const paths = leavesOf(receipt);
    expect(paths.length).toBeGreaterThan(15);
    for (const path of paths) {
      expect({ path, stays: stays(changedAt(receipt, path)) }).toEqual({ path, stays: false });
    }
  });
});

type Path = readonly [string, ...string[]];

/** Where a document has values: every one, and every list once more as such. */
function leavesOf(value: object): Path[] {
  return Object.entries(value).flatMap(([name, inner]): Path[] =>
    typeof inner !== "object" || inner === null || Array.isArray(inner)
      ? [[name]]
      : leavesOf(inner as object).map((path): Path => [name, ...path]),
  );
}

/** The document with another value in one place, of the same kind. */
function changedAt<T extends object>(document: T, [name, ...rest]: Path): T {
  const old = (document as Record<string, unknown>)[name];
  const [next, ...others] = rest;
  return { ...document, [name]: next === undefined ? other(old) : changedAt(old as object, [next, ...others]) };
}

function other(value: unknown): unknown {
  if (Array.isArray(value)) {
    return [...value, "more"];
  }
  return typeof value === "boolean" ? !value : typeof value === "number" ? value + 1 : `${String(value ?? "")}x`;
}
